"""Reads a condition of a user: one SQL expression over columns, checked on the tree that DuckDB's parser makes of it.

Used where a condition becomes part of a larger query: its parentheses cannot close those around it, and it can neither
read anything but the columns nor change the state of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import QueryError
from workbench.store.sql.parse_tree import nodes, parse
from workbench.store.sql.required_texts import required_texts
from workbench.store.sql.reserved_words import quoted
from workbench.text import number_text

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb

LIMIT_NESTING = 250
"""Opening parentheses. DuckDB's parser takes 8 s to find that 2,000 of them are not closed."""

_CLASSES = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "LAMBDA_REF",
        "OPERATOR",
        "PARAMETER",
        "TYPE",
    }
)
"""Classes of expressions that depend on one row only: no subquery, no window, no ``columns(*)``."""
_FUNCTIONS = frozenset({"nextval", "currval", "setval", "setseed", "write_log", "sleep_ms", "stats"})
"""Functions that change or wait for something."""
_GROWING = frozenset(
    {
        "repeat",
        "lpad",
        "rpad",
        "range",
        "generate_series",
        "list_resize",
        "array_resize",
        "printf",
        "format",
        "bitstring",
    }
)
"""Functions whose result can be very much larger than the row: ``repeat(key, 1000000000)``."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read."""

    text: str
    """One expression; column names that SQL reserves are in double quotes."""
    columns: frozenset[str]
    """Names in it that may be columns, in lower case."""
    required: tuple[str, ...]
    """Texts that the JSON of a row has where it is true; see `workbench.store.sql.required_texts`."""


def parse_condition(cursor: duckdb.DuckDBPyConnection, text: str, columns: Collection[str]) -> Condition:
    """Read a condition. Columns whose names SQL reserves, such as ``offset``, may stand without quotes.

    Args:
        cursor: Parses; nothing is run.
        text: One expression.
        columns: Names of the columns.

    Raises:
        QueryError: Not one expression, or one that does more than compute with the row.
    """
    if text.count("(") > LIMIT_NESTING:
        raise QueryError(f"A condition has at most {number_text(LIMIT_NESTING)} parentheses.", query=text[:200])
    tree = _parsed(cursor, text)
    if tree.get("error"):
        # Only now: where the text can be read as it is, `offset` may be a part of SQL.
        text = quoted(text, _reserved(cursor, columns))
        tree = _parsed(cursor, text)
    if tree.get("error"):
        error = tree["error_message"]
        raise QueryError(f"{error}. Write one condition over the columns, such as: partition = 3", query=text)
    expression = _expression(tree, text)
    found = list(nodes(expression))
    for node in found:
        if refused := _refused(node):
            raise QueryError(f"A condition uses the columns of one row; {refused} not allowed in it.", query=text)
    names = (name for node in found if node.get("class") == "COLUMN_REF" for name in node.get("column_names", ()))
    return Condition(text, frozenset(str(name).lower() for name in names), required_texts(expression))


def expression_places(cursor: duckdb.DuckDBPyConnection, text: str) -> set[tuple[int, int]]:
    """Return where each expression of a condition begins and ends; nothing where that is not known.

    Args:
        cursor: Parses; nothing is run.
        text: A condition that `parse_condition` has read.
    """
    # The parser counts bytes.
    if not text.isascii():
        return set()
    found = [
        (int(node["query_location"]) - len(_BEFORE), int(node["query_location_length"]))
        for node in nodes(_parsed(cursor, text))
        if isinstance(node.get("query_location"), int) and isinstance(node.get("query_location_length"), int)
    ]
    return {(start, start + size) for start, size in found if 0 <= start < start + size <= len(text)}


_BEFORE = "SELECT * FROM rows WHERE "


def _parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    # The line break ends a comment.
    return parse(cursor, f"{_BEFORE}{text}\n")


def _expression(tree: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the condition, if the statement consists of nothing else."""
    statements = tree["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    rest = ("modifiers", "group_expressions", "group_sets", "having", "sample", "qualify")
    source = node.get("from_table") or {}
    alone = node.get("type") == "SELECT_NODE" and source.get("type") == "BASE_TABLE" and not source.get("sample")
    if not alone or any(node.get(part) for part in rest) or not isinstance(node.get("where_clause"), dict):
        raise QueryError("Write one condition; this is more: several statements, UNION, ORDER BY or LIMIT.", query=text)
    condition: dict[str, Any] = node["where_clause"]
    return condition


def _refused(node: dict[str, Any]) -> str:
    kind = node.get("class")
    if kind is not None and kind not in _CLASSES:
        return f"{str(kind).lower()} is"
    name = str(node.get("function_name", "")).lower()
    return f"the function {name} is" if name in _FUNCTIONS or name in _GROWING else ""


def _reserved(cursor: duckdb.DuckDBPyConnection, columns: Collection[str]) -> set[str]:
    """Return the columns whose names SQL reserves, in lower case."""
    keywords = cursor.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
    return {name for (name,) in keywords.fetchall()} & {name.lower() for name in columns}
