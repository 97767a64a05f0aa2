"""Checks SQL of users: one statement that only reads tables.

DuckDB reports a statement as SELECT although a common table expression in it deletes rows or writes a file, and it has
table functions that run other SQL or change the database. Therefore the parsed statement is checked, node by
node. It then runs in a read-only transaction (`workbench.store.snapshot.queries`): a second barrier for the tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb

from workbench.errors import QueryError
from workbench.store.sql.bytes_as_json import bytes_read_as_json, replacement
from workbench.store.sql.parse_tree import nodes, parse
from workbench.store.sql.reserved_words import hint_for, readable_condition

if TYPE_CHECKING:
    from pathlib import Path

_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?(\s*\([^)]*\))?\s", re.IGNORECASE)
_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_NODE_SUFFIX = "_NODE"
_TABLE_FUNCTIONS = re.compile(
    r"unnest|range|generate_series|repeat|repeat_row|json_each|json_tree|query_table|summary|test_all_types|"
    r"pg_timezone_names|icu_calendar_names|duckdb_(columns|constraints|databases|functions|indexes|keywords|memory|"
    r"schemas|sequences|settings|tables|temporary_files|types|variables|views)|"
    r"pragma_(collations|database_size|platform|show|storage_info|table_info|user_agent|version)"
)
"""Table functions that only compute or read the catalogue. The others read files, run SQL of their own, or
change the state of the database."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHANGING_FUNCTIONS = frozenset({"nextval", "setval", "write_log"})


def check_reads_only(cursor: duckdb.DuckDBPyConnection, query: str, path: Path) -> set[str]:
    """Accept a single SELECT (also WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE) or an EXPLAIN of one.

    A snapshot is evidence: SQL of users neither changes it nor reads or writes files, whether it was opened for writing
    or not.

    Returns:
        The names of the tables, views and common table expressions that it reads.

    Raises:
        QueryError: Not SQL, several statements, or one that does more than read tables.
    """
    if not query.isascii() and (bad := _SURROGATE.search(query)):
        raise QueryError(
            f"The query is not UTF-8 text at position {bad.start()}; correct it.", path=str(path), query=query
        )
    try:
        statements = cursor.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(f"The query cannot be read: {error}{hint_for(query)}", path=str(path), query=query) from error
    if len(statements) != 1:
        raise QueryError(f"One statement is expected, not {len(statements)}.", path=str(path), query=query)
    kind = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN and (explained := _EXPLAIN.match(query)) is not None:
        return check_reads_only(cursor, query[explained.end() :], path)
    tree = parse(cursor, query)
    forbidden = f"{kind.name} is" if kind != duckdb.StatementType.SELECT else _forbidden(tree, None)
    if forbidden:
        raise QueryError(
            f"SQL over a snapshot only reads its tables; {forbidden} not allowed. Changes have methods of their own, "
            "results are written with export() or from the frame.",
            path=str(path),
            query=query,
        )
    if column := bytes_read_as_json(nodes(tree)):
        raise QueryError(
            f"{column} holds bytes, in which DuckDB finds no JSON. Use {replacement(column)}, which is the same as "
            f"{'JSON' if column == 'value' else 'text'}: {replacement(column)}->>'$.total'.",
            path=str(path),
            query=query,
        )
    return {str(name) for node in nodes(tree) if (name := node.get("table_name"))}


def check_condition(cursor: duckdb.DuckDBPyConnection, condition: str | None, path: Path) -> set[str]:
    """Accept a text that is one condition by itself, so that its parentheses cannot close those of the query around it.

    Returns:
        The names of the tables that its subqueries read.

    Raises:
        QueryError: Not one condition.
    """
    if condition is None:
        return set()
    return check_reads_only(cursor, f"SELECT 1 WHERE {readable_condition(condition)}", path)


def forbidden_part(cursor: duckdb.DuckDBPyConnection, query: str, *, also: re.Pattern[str] | None = None) -> str | None:
    """Name the first part of a SELECT that does more than read tables, with "is", or return None.

    Args:
        cursor: Parses the query.
        query: One statement.
        also: Table functions that are allowed besides those for users.
    """
    return _forbidden(parse(cursor, query), also)


def _forbidden(tree: dict[str, Any], also: re.Pattern[str] | None) -> str | None:
    if tree.get("error"):
        return "this kind of statement, or one that is nested so deeply, is"
    for node in nodes(tree):
        kind = str(node.get("type", ""))
        if kind.endswith(_NODE_SUFFIX) and kind not in _READING_NODES:
            return f"{kind.removesuffix(_NODE_SUFFIX).removesuffix('_QUERY')} inside of it is"
        name = str(node.get("function_name", "")).lower()
        if name in _CHANGING_FUNCTIONS:
            return f"the function {name} is"
        if kind == "TABLE_FUNCTION":
            called = str((node.get("function") or {}).get("function_name", "")).lower()
            if not (_TABLE_FUNCTIONS.fullmatch(called) or (also is not None and also.fullmatch(called))):
                return f"the table function {called or '(without a name)'} is"
    return None
