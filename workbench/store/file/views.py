"""The views ``records`` and ``events``: packed tables and segments, looking the same.

They are ordinary views of the file, so a packed snapshot opens in any DuckDB. Files of segments are named relative to
the variable ``segments``, the folder beside the file; without it they are looked for in the current folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.file.types import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    import pyarrow as pa

_LAST_TIMESTAMP_MS = 253_402_300_799_999
_TIMESTAMP = f"CASE WHEN timestamp_ms BETWEEN 0 AND {_LAST_TIMESTAMP_MS} THEN make_timestamp(timestamp_ms * 1000) END"
_WHERE_FROM = 'source_id, cluster, topic, "partition", "offset"'


def define_views(cursor: duckdb.DuckDBPyConnection) -> None:
    """(Re)write the views for the segments that the tables name, inside the caller's transaction."""
    files = cursor.execute("SELECT records_file, events_file FROM segments ORDER BY segment_id").fetchall()
    _define(cursor, "records", STORED_RECORD, "packed_records", [records for records, _ in files])
    _define(cursor, "events", STORED_EVENT, "packed_events", [events for _, events in files])


def _define(cursor: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, packed: str, files: Sequence[str]) -> None:
    stored = names(schema)
    rows = f"SELECT {stored} FROM {packed}"  # noqa: S608 - names of our own layouts
    if files:
        rows += f" UNION ALL {segment_rows(schema, files)}"
    rest = ", ".join(f'"{name}"' for name in schema.names if name not in ("source_id", "partition", "offset"))
    cursor.execute(
        f"CREATE OR REPLACE VIEW {view} AS SELECT {_WHERE_FROM}, {_TIMESTAMP} AS timestamp, {rest} "  # noqa: S608 - same
        f"FROM ({rows}) JOIN sources USING (source_id)",
    )


def segment_rows(schema: pa.Schema, files: Sequence[str]) -> str:
    """Write the SELECT over files of segments."""
    return f"SELECT {names(schema)} FROM read_parquet({_paths(files)})"  # noqa: S608 - our layout, escaped file names


def _paths(files: Sequence[str]) -> str:
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"list_transform([{listed}], lambda file: coalesce(getvariable('segments'), '') || file)"
