"""Defines the views ``records`` and ``events``, which give packed tables and segments the same columns.

They are ordinary views of the file, so a packed snapshot opens in any DuckDB. Files of segments are named relative to
the variable ``segments``, the folder beside the file; without it they are looked for in the current folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD, former_columns
from workbench.store.file.types import names, sql_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

_LAST_TIMESTAMP_MS = 253_402_300_799_999
_TIMESTAMP = f"CASE WHEN timestamp_ms BETWEEN 0 AND {_LAST_TIMESTAMP_MS} THEN make_timestamp(timestamp_ms * 1000) END"
_CHOSEN = "WHERE $1::INTEGER[] IS NULL OR list_contains($1::INTEGER[], segment_id) ORDER BY segment_id"
_WHERE_FROM = 'source_id, cluster, topic, "partition", "offset"'


def define_views(cursor: duckdb.DuckDBPyConnection) -> None:
    """(Re)write the views for the segments that the tables name, inside the caller's transaction."""
    _define(cursor, "records", STORED_RECORD, "packed_records", record_rows(cursor))
    _define(cursor, "events", STORED_EVENT, "packed_events", event_rows(cursor))


def _define(
    cursor: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, packed: str, segments: Sequence[str]
) -> None:
    rows = " UNION ALL ".join([f"SELECT {names(schema)} FROM {packed}", *segments])  # noqa: S608 - names of our own layouts
    rest = ", ".join(f'"{name}"' for name in schema.names if name not in ("source_id", "partition", "offset"))
    cursor.execute(
        f"CREATE OR REPLACE VIEW {view} AS SELECT {_WHERE_FROM}, {_TIMESTAMP} AS timestamp, {rest} "  # noqa: S608 - same
        f"FROM ({rows}) JOIN sources USING (source_id)",
    )


def record_rows(cursor: duckdb.DuckDBPyConnection, segment_ids: Sequence[int] | None = None) -> list[str]:
    """Write the SELECT over the raw rows of all segments, or of these; empty without segments."""
    files = cursor.execute(f"SELECT records_file FROM segments {_CHOSEN}", [segment_ids]).fetchall()  # noqa: S608 - a constant
    return _segment_rows({name: name for name in STORED_RECORD.names}, [name for (name,) in files])


def event_rows(cursor: duckdb.DuckDBPyConnection, segment_ids: Sequence[int] | None = None) -> list[str]:
    """Write a SELECT over the decoded rows for each layout that segments have; all give today's column names."""
    files = cursor.execute(f"SELECT events_layout, events_file FROM segments {_CHOSEN}", [segment_ids]).fetchall()  # noqa: S608 - a constant
    by_layout: dict[int, list[str]] = {}
    for layout, name in files:
        by_layout.setdefault(layout, []).append(name)
    return [
        select for layout, named in sorted(by_layout.items()) for select in _segment_rows(former_columns(layout), named)
    ]


def _segment_rows(stored: Mapping[str, str | None], files: Sequence[str]) -> list[str]:
    columns = ", ".join(_column(name, old) for name, old in stored.items())
    return [f"SELECT {columns} FROM read_parquet({_paths(files)})"] if files else []  # noqa: S608 - our layout, escaped file names


def _column(name: str, stored: str | None) -> str:
    """Select a column under today's name; a column that the files have not is null in them."""
    if stored is None:
        return f'NULL::{sql_type(STORED_EVENT.field(name).type)} AS "{name}"'
    return f'"{stored}"' if stored == name else f'"{stored}" AS "{name}"'


def _paths(files: Sequence[str]) -> str:
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"list_transform([{listed}], lambda file: coalesce(getvariable('segments'), '') || file)"
