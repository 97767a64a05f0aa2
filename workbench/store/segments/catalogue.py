"""The tables ``segments`` and ``segment_positions``: which segment files belong to the snapshot."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.store.file.layout import EVENTS_LAYOUT
from workbench.store.file.views import define_views

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def enter_segments(cursor: duckdb.DuckDBPyConnection, segments: Sequence[Segment]) -> None:
    """Enter finished segments, so that the views read them."""
    cursor.executemany(
        "INSERT INTO segments (segment_id, records_file, events_file, rows, records_bytes, events_bytes, "
        "events_layout, records_crc32c, events_crc32c) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            [
                one.segment_id,
                one.records_file,
                one.events_file,
                one.rows,
                one.records_bytes,
                one.events_bytes,
                EVENTS_LAYOUT,
                one.records_crc32c,
                one.events_crc32c,
            ]
            for one in segments
        ],
    )
    # In one statement: DuckDB takes as long for each as for all rows of one.
    rows = [{"segment_id": one.segment_id, **asdict(rows)} for one in segments for rows in one.partitions]
    cursor.register("new_positions", pa.Table.from_pylist(rows, schema=_POSITIONS))
    cursor.execute("INSERT INTO segment_positions SELECT * FROM new_positions")
    cursor.unregister("new_positions")
    define_views(cursor)
