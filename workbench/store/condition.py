"""Reads a condition of a user: one SQL expression over columns, checked on the tree that DuckDB's parser makes of it.

Used where a condition becomes part of a larger query: its parentheses cannot close those around it, and it can neither
read anything but the columns nor change the state of the database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from workbench.errors import QueryError
from workbench.text import number_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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
    tree, error = _parsed(cursor, text)
    if error:
        # Only now: where the text can be read as it is, `offset` may be a part of SQL.
        text = _quoted(cursor, text, columns)
        tree, error = _parsed(cursor, text)
    if error:
        raise QueryError(f"{error}. Write one condition over the columns, such as: partition = 3", query=text)
    found = list(_nodes(_expression(tree, text)))
    for node in found:
        if refused := _refused(node):
            raise QueryError(f"A condition uses the columns of one row; {refused} not allowed in it.", query=text)
    names = (name for node in found if node.get("class") == "COLUMN_REF" for name in node.get("column_names", ()))
    return Condition(text, frozenset(str(name).lower() for name in names))


def _parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> tuple[dict[str, Any], str]:
    # The line break ends a comment. All rows are fetched: an unfinished result would refuse the next statement.
    query = f"SELECT * FROM rows WHERE {text}\n"  # noqa: S608 - parsed only
    try:
        [(serialized,)] = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
        tree: dict[str, Any] = json.loads(serialized)
    except (duckdb.Error, RecursionError):
        return {}, "It is nested too deeply or is no SQL"
    return tree, str(tree["error_message"]) if tree.get("error") else ""


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


def _quoted(cursor: duckdb.DuckDBPyConnection, text: str, columns: Collection[str]) -> str:
    """Put column names that SQL reserves into double quotes."""
    keywords = cursor.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
    reserved = {name for (name,) in keywords.fetchall()} & {name.lower() for name in columns}
    # DuckDB counts bytes.
    raw = text.encode()
    try:
        starts = [start for start, _ in duckdb.tokenize(text)]
    except duckdb.Error:
        return text
    if not starts:
        return text
    pieces, done = [], 0
    for start, end in zip(starts, [*starts[1:], len(raw)], strict=True):
        word = raw[start:end].rstrip()
        if word.decode("utf-8", "replace").lower() in reserved:
            pieces += [raw[done:start], b'"' + word + b'"']
            done = start + len(word)
    return b"".join([*pieces, raw[done:]]).decode()


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Give every object of a JSON document, without recursion: a condition may be nested a thousand deep."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
