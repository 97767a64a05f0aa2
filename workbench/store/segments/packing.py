"""Where rows live: entered segments, rows inside the file, and the way from one to the other."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from workbench.errors import SnapshotFormatError
from workbench.store.file.layout import EVENTS_LAYOUT, STORED_EVENT, STORED_RECORD
from workbench.store.file.types import names
from workbench.store.file.views import define_views, event_rows, record_rows

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from workbench.store.segments.files import Segment

AUTOMATIC_BYTES = 64 << 20
"""Up to here a finished capture is packed by itself."""

_NAMED = 3
_ROOM_FACTOR = 4


def known_files(cursor: duckdb.DuckDBPyConnection) -> tuple[set[str], int]:
    """Files that the tables name, and the highest segment number so far."""
    rows = cursor.execute("SELECT segment_id, records_file, events_file FROM segments").fetchall()
    files = {name for _, records, events in rows for name in (records, events)}
    return files, max((number for number, _, _ in rows), default=0)


def check_files(folder: Path, files: Collection[str], path: Path) -> None:
    """Refuse a snapshot that came without its segments.

    Raises:
        SnapshotFormatError: Files that the tables name are missing.
    """
    missing = sorted(name for name in files if not (folder / name).is_file())
    if missing:
        some = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        raise SnapshotFormatError(
            f"{path} lacks {len(missing)} of its {len(files)} segment files ({some}). They belong into the folder "
            f"{folder.name} beside it; move it there, or pack the snapshot where it is whole.",
            path=str(path),
            found="missing segments",
        )


def enter_segment(cursor: duckdb.DuckDBPyConnection, segment: Segment) -> None:
    """Let the tables and views know a finished segment."""
    cursor.execute(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            segment.segment_id,
            segment.records_file,
            segment.events_file,
            segment.rows,
            segment.records_bytes,
            segment.events_bytes,
            EVENTS_LAYOUT,
        ],
    )
    cursor.executemany(
        "INSERT INTO segment_positions VALUES (?, ?, ?, ?, ?, ?)",
        [
            [segment.segment_id, run.source_id, run.partition, run.first_offset, run.last_offset, run.rows]
            for run in segment.runs
        ],
    )
    define_views(cursor)


def insert_rows(cursor: duckdb.DuckDBPyConnection, records: pa.Table, events: pa.Table) -> None:
    """Put rows into the file itself."""
    for table, rows, layout in (("records", records, STORED_RECORD), ("events", events, STORED_EVENT)):
        cursor.register("rows_to_insert", rows)
        cursor.execute(f"INSERT INTO packed_{table} SELECT {names(layout)} FROM rows_to_insert")  # noqa: S608 - our layout
        cursor.unregister("rows_to_insert")


def segment_bytes(cursor: duckdb.DuckDBPyConnection) -> int:
    """Size of all segments."""
    row = cursor.execute("SELECT coalesce(sum(records_bytes + events_bytes), 0)::BIGINT FROM segments").fetchone()
    return int(row[0]) if row else 0


def has_room(path: Path, size_bytes: int) -> bool:
    """Whether the disk has room for the rows twice, in the write-ahead log and in the file."""
    return shutil.disk_usage(path.absolute().parent).free > _ROOM_FACTOR * size_bytes


def move_in(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Copy all segments into the file's own tables and forget them; returns the names of their files."""
    names_before, _ = known_files(cursor)
    for table, selects in (("packed_records", record_rows(cursor)), ("packed_events", event_rows(cursor))):
        for rows in selects:
            cursor.execute(f"INSERT INTO {table} {rows}")
    cursor.execute("DELETE FROM segments")
    cursor.execute("DELETE FROM segment_positions")
    define_views(cursor)
    return names_before


def remove_files(folder: Path, names: Collection[str]) -> None:
    """Remove files that are no longer named, and the folder when nothing is left in it."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
