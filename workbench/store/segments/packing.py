"""Packing: the rows of segments move into the file's own tables, so that one file can be mailed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.file.types import names
from workbench.store.file.views import define_views, event_rows, record_rows
from workbench.store.segments.catalogue import known_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

AUTOMATIC_BYTES = 64 << 20
"""Size of all segments up to which a finished capture is packed automatically."""
AUTOMATIC_UNPACKED_BYTES = 1 << 30
"""Size of their raw rows, uncompressed, up to which it is."""
LARGE_ROW_BYTES = 64 << 10
"""Size of a row on average from which on segments are packed one by one, and not automatically."""

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


def is_small(sizes: Sequence[SegmentSizes], max_bytes: int) -> bool:
    """Tell whether segments are so small that moving them is a matter of moments and of little memory."""
    return (
        sum(one.size_bytes for one in sizes) <= max_bytes
        and sum(one.unpacked_bytes for one in sizes) <= AUTOMATIC_UNPACKED_BYTES
        and not any(one.has_large_rows for one in sizes if one.unpacked_bytes > max_bytes)
    )


@dataclass(frozen=True, slots=True)
class SegmentSizes:
    """A segment as far as packing asks for it."""

    segment_id: int
    size_bytes: int
    """Bytes of both files."""
    unpacked_bytes: int
    """Bytes of the raw rows."""
    rows: int

    @property
    def has_large_rows(self) -> bool:
        """Whether its rows are so large that DuckDB needs much memory for those that it computes at once."""
        return self.unpacked_bytes > self.rows * LARGE_ROW_BYTES


def segment_sizes(cursor: duckdb.DuckDBPyConnection, folder: Path) -> list[SegmentSizes]:
    """Return the sizes of all segments; a file that cannot be read counts as it is, its checksum is looked at later."""
    query = "SELECT segment_id, records_bytes + events_bytes, records_file, rows FROM segments ORDER BY segment_id"
    return [
        SegmentSizes(number, size, max(size, _unpacked_bytes(folder / name)), rows)
        for number, size, name, rows in cursor.execute(query).fetchall()
    ]


def _unpacked_bytes(path: Path) -> int:
    try:
        footer = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return 0
    return sum(footer.row_group(number).total_byte_size for number in range(footer.num_row_groups))


def packing_steps(sizes: Sequence[SegmentSizes]) -> list[list[int]]:
    """Divide segments into those that move in one transaction: all with small rows, and each other one by itself.

    DuckDB holds what a transaction inserts several times: in the table, in the write-ahead log, and compressed.
    """
    small = [one.segment_id for one in sizes if not one.has_large_rows]
    return [*([small] if small else []), *([one.segment_id] for one in sizes if one.has_large_rows)]


def move_segments_in(cursor: duckdb.DuckDBPyConnection, segment_ids: Sequence[int]) -> set[str]:
    """Copy the rows of segments into the file's own tables and forget these segments; returns their file names."""
    names_before, _ = known_files(cursor)
    rows_of = (("packed_records", record_rows), ("packed_events", event_rows))
    for table, selects in rows_of:
        for rows in selects(cursor, segment_ids):
            cursor.execute(f"INSERT INTO {table} {rows}")
    for table in ("segments", "segment_positions"):
        cursor.execute(f"DELETE FROM {table} WHERE list_contains(?, segment_id)", [list(segment_ids)])  # noqa: S608 - same
    names_after, _ = known_files(cursor)
    define_views(cursor)
    return names_before - names_after
