"""Checks the SQL that a snapshot file brings with it: its views, macros and triggers may come from a stranger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.errors import SnapshotFormatError
from workbench.store.sql.read_only import forbidden_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

_NAME = r'(?:"(?:[^"]|"")*"|\w+)'
_VIEW = re.compile(
    rf'CREATE VIEW {_NAME}(?:\.{_NAME})*(?: ?\((?:"(?:[^"]|"")*"|[^"()])*\))? AS (?P<body>.*?);?\s*', re.DOTALL
)
_FILE_FUNCTIONS = re.compile(r"read_\w+|parquet_\w+|glob|sniff_csv")
"""Functions that read files. They are harmless here: the file system is closed but for the snapshot's own folder."""


def check_stored_sql(cursor: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file whose views or macros do more than read: naming a view would be enough to run them.

    Raises:
        SnapshotFormatError: Names the view, macro or trigger.
    """
    for kind, name, query in _stored(cursor):
        found = "it cannot be read: it is" if query is None else forbidden_part(cursor, query, also=_FILE_FUNCTIONS)
        if found is not None:
            raise SnapshotFormatError(
                f"{path} brings the {kind} {name!r}, in which {found} not allowed. The workbench did not write that: "
                "ask whoever sent the file, or export the records there and import them here.",
                path=str(path),
                found=f"a foreign {kind}",
            )


def _stored(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str | None]]:
    """Give kind, name and query of what is stored; None for a query that cannot be told from its text."""
    for name, text in cursor.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall():
        found = _VIEW.fullmatch(text or "")
        yield "view", name, None if found is None else found["body"]
    macros = "SELECT function_name, function_type, macro_definition FROM duckdb_functions() WHERE NOT internal"
    for name, kind, text in cursor.execute(macros).fetchall():
        yield "macro", name, text if kind == "table_macro" else f"SELECT {text}"
    for (name,) in cursor.execute("SELECT trigger_name FROM duckdb_triggers()").fetchall():
        yield "trigger", name, None
