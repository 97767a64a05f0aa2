"""The tables ``segments`` and ``segment_positions``: which segment files belong to the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.file.layout import EVENTS_LAYOUT
from workbench.store.file.views import define_views

if TYPE_CHECKING:
    import duckdb

    from workbench.store.segments.segment import Segment


def known_files(cursor: duckdb.DuckDBPyConnection) -> tuple[set[str], int]:
    """Return the files that the tables name, and the highest segment number so far."""
    rows = cursor.execute("SELECT segment_id, records_file, events_file FROM segments").fetchall()
    files = {name for _, records, events in rows for name in (records, events)}
    return files, max((number for number, _, _ in rows), default=0)


def enter_segment(cursor: duckdb.DuckDBPyConnection, segment: Segment) -> None:
    """Enter a finished segment, so that the views read it."""
    cursor.execute(
        "INSERT INTO segments (segment_id, records_file, events_file, rows, records_bytes, events_bytes, "
        "events_layout, records_crc32c, events_crc32c) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            segment.segment_id,
            segment.records_file,
            segment.events_file,
            segment.rows,
            segment.records_bytes,
            segment.events_bytes,
            EVENTS_LAYOUT,
            segment.records_crc32c,
            segment.events_crc32c,
        ],
    )
    cursor.executemany(
        "INSERT INTO segment_positions VALUES (?, ?, ?, ?, ?, ?)",
        [
            [segment.segment_id, rows.source_id, rows.partition, rows.first_offset, rows.last_offset, rows.rows]
            for rows in segment.partitions
        ],
    )
    define_views(cursor)
