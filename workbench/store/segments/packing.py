"""Packing: the rows of segments move into the file's own tables, so that one file can be mailed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.file.types import names
from workbench.store.file.views import define_views, event_rows, record_rows
from workbench.store.segments.catalogue import known_files

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa

AUTOMATIC_BYTES = 64 << 20
"""Size of all segments up to which a finished capture is packed automatically."""

_ROOM_FACTOR = 4


def insert_rows(cursor: duckdb.DuckDBPyConnection, records: pa.Table, events: pa.Table) -> None:
    """Insert rows into the file's own tables."""
    for table, rows, layout in (("records", records, STORED_RECORD), ("events", events, STORED_EVENT)):
        cursor.register("rows_to_insert", rows)
        cursor.execute(f"INSERT INTO packed_{table} SELECT {names(layout)} FROM rows_to_insert")  # noqa: S608 - our layout
        cursor.unregister("rows_to_insert")


def has_room(path: Path, size_bytes: int) -> bool:
    """Tell whether the disk has room for the rows twice: in the write-ahead log and in the file."""
    return shutil.disk_usage(path.absolute().parent).free > _ROOM_FACTOR * size_bytes


def move_segments_in(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Copy the rows of all segments into the file's own tables and forget the segments; returns their file names."""
    names_before, _ = known_files(cursor)
    for table, selects in (("packed_records", record_rows(cursor)), ("packed_events", event_rows(cursor))):
        for rows in selects:
            cursor.execute(f"INSERT INTO {table} {rows}")
    cursor.execute("DELETE FROM segments")
    cursor.execute("DELETE FROM segment_positions")
    define_views(cursor)
    return names_before
