"""Checks SQL of users: one statement that only reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from workbench.errors import QueryError

if TYPE_CHECKING:
    from pathlib import Path

_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?(\s*\([^)]*\))?\s", re.IGNORECASE)


def check_reads_only(cursor: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Accept a single SELECT (also WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE) or an EXPLAIN of one.

    A snapshot is evidence: SQL of users neither changes it nor writes files, whether it was opened for writing or not.

    Raises:
        QueryError: Not SQL, several statements, or one that does more than read.
    """
    try:
        statements = cursor.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(f"The query cannot be read: {error}", path=str(path), query=query) from error
    if len(statements) != 1:
        raise QueryError(f"One statement is expected, not {len(statements)}.", path=str(path), query=query)
    kind = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN and (explained := _EXPLAIN.match(query)) is not None:
        check_reads_only(cursor, query[explained.end() :], path)
    elif kind != duckdb.StatementType.SELECT:
        raise QueryError(
            f"A snapshot is queried with SELECT; {kind.name} is not allowed. Changes have methods of their own, "
            "results are written with export() or from the frame.",
            path=str(path),
            query=query,
        )


def check_condition(cursor: duckdb.DuckDBPyConnection, condition: str | None, path: Path) -> None:
    """Accept a text that is one condition by itself, so that its parentheses cannot close those of the query around it.

    Raises:
        QueryError: Not one condition.
    """
    if condition is not None:
        check_reads_only(cursor, f"SELECT 1 WHERE {condition}", path)
