"""Reads a whole snapshot and compares it with the checksums and counts that were stored with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from workbench.store.segments.checksums import held_by, state_of, stored_files
from workbench.store.snapshot.frames import to_pandas
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from workbench.store.snapshot.store import SnapshotStore

FINDINGS = pa.schema(
    [
        ("what", pa.string()),
        ("state", pa.string()),
        ("rows", pa.int64()),
        ("held", pa.string()),
        ("detail", pa.string()),
    ]
)
"""One row for each file, table and partition. ``state`` is ``ok``, ``damaged``, ``missing``, ``no checksum`` (a segment
of a version that stored none) or ``differs`` (fewer or more rows than were captured)."""

_FAULTS = frozenset({"damaged", "missing", "differs"})

_COUNTS = """
    SELECT topic, "partition", coalesce(n.records, 0) AS records, coalesce(e.events, 0) AS events, r.captured
    FROM (SELECT source_id, "partition", sum(records)::BIGINT AS captured FROM capture_ranges GROUP BY ALL) AS r
    JOIN sources USING (source_id)
    LEFT JOIN (SELECT source_id, "partition", count(*) AS records FROM records GROUP BY ALL) AS n
        USING (source_id, "partition")
    LEFT JOIN (SELECT source_id, "partition", count(*) AS events FROM events GROUP BY ALL) AS e
        USING (source_id, "partition")
    ORDER BY topic, source_id, "partition"
"""


def verify_snapshot(store: SnapshotStore) -> pd.DataFrame:
    """Verify every part of a snapshot; returns `FINDINGS` as a frame, the number of faults in ``.attrs["faults"]``.

    Segment files are compared with their checksums. Tables of the file itself are read to the last byte, so that DuckDB
    compares its blocks with theirs. Where all of that is whole, the rows of each partition are counted.
    """
    found = [*_segments(store), *_tables(store)]
    if not any(row["state"] in _FAULTS for row in found):
        found += _counts(store)
    frame = to_pandas(pa.Table.from_pylist(found, schema=FINDINGS))
    frame.attrs["faults"] = sum(row["state"] in _FAULTS for row in found)
    return frame


def _segments(store: SnapshotStore) -> Iterator[dict[str, Any]]:
    with store.cursor() as cursor:
        for file in list(stored_files(cursor)):
            held = held_by(cursor, file.segment_id)
            state = state_of(file, store.folder)
            yield {"what": f"segment file {file.name}", "state": state, "rows": file.rows, "held": held}


def _tables(store: SnapshotStore) -> Iterator[dict[str, Any]]:
    with store.cursor() as cursor:
        names = cursor.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name"
        ).fetchall()
    for (name,) in names:
        quoted = name.replace('"', '""')
        with store.connection.reading() as cursor:
            try:
                # A hash over all columns, so that none of them is left unread.
                query = f'SELECT count(*), bit_xor(hash(t)) FROM "{quoted}" AS t'  # noqa: S608 - a name of the catalogue
                [(rows, _)] = cursor.execute(query).fetchall()
            except duckdb.Error as error:
                detail = str(error).partition("\n")[0]
                yield {"what": f"table {name}", "state": "damaged", "rows": None, "detail": detail}
            else:
                yield {"what": f"table {name}", "state": "ok", "rows": rows}


def _counts(store: SnapshotStore) -> Iterator[dict[str, Any]]:
    with store.cursor() as cursor:
        rows = cursor.execute(_COUNTS).fetchall()
    for topic, partition, records, events, captured in rows:
        whole = records == events == captured
        yield {
            "what": f"records of {partition_text(topic, partition)}",
            "state": "ok" if whole else "differs",
            "rows": records,
            "detail": None if whole else f"{captured} captured, {records} raw and {events} decoded rows are there",
        }
