"""The tables ``segments`` and ``segment_positions``: which segment files belong to the snapshot."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.store.file.layout import EVENTS_LAYOUT
from workbench.store.file.views import define_views

if TYPE_CHECKING:
    import duckdb

    from workbench.store.segments.segment import Segment

_POSITIONS = pa.schema(
    [
        ("segment_id", pa.int32()),
        ("source_id", pa.int32()),
        ("partition", pa.int32()),
        ("first_offset", pa.int64()),
        ("last_offset", pa.int64()),
        ("rows", pa.int64()),
    ]
)


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
    # In one statement: DuckDB takes as long for each as for all rows of one.
    rows = [{"segment_id": segment.segment_id, **asdict(rows)} for rows in segment.partitions]
    cursor.register("new_positions", pa.Table.from_pylist(rows, schema=_POSITIONS))
    cursor.execute("INSERT INTO segment_positions SELECT * FROM new_positions")
    cursor.unregister("new_positions")
    define_views(cursor)
