"""The raw bytes of masked records are kept for their owner alone, and found by position and time."""

from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.errors import SnapshotError
from workbench.model.records.columns import RECORD
from workbench.store.snapshot.raw_records import RawRecords, raw_records_path


def batch(*rows: tuple[int, int, bytes | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {
                "partition": 0,
                "offset": offset,
                "timestamp_ms": time,
                "timestamp_type": 0,
                "key": b"k",
                "value": value,
                "headers": [{"name": b"h", "value": None}],
            }
            for offset, time, value in rows
        ],
        schema=RECORD,
    )


def wanted(*rows: tuple[str, int, int]) -> pa.Table:
    cluster, offsets, times = zip(*rows, strict=True)
    columns = {
        "cluster_id": pa.array(cluster),
        "topic": pa.array(["t"] * len(rows)),
        "partition": pa.array([0] * len(rows), pa.int32()),
        "offset": pa.array(offsets, pa.int64()),
        "timestamp_ms": pa.array(times, pa.int64()),
    }
    return pa.table(columns)


def test_records_are_found_by_cluster_position_and_time(tmp_path):
    path = raw_records_path(tmp_path / "a.duckdb")
    assert path.name == "a.duckdb.masked-raw"
    with RawRecords(path, write=True) as kept:
        kept.add("c", "t", batch((1, 10, b"one"), (2, 20, None)))
        # A capture that was killed reads its last records again.
        kept.add("c", "t", batch((2, 20, None), (3, 30, b"three")))
    assert path.stat().st_mode & 0o077 == 0
    with RawRecords(path, write=False) as kept:
        found = kept.find(wanted(("c", 3, 30), ("other", 1, 10), ("c", 1, 11), ("c", 2, 20)))
    rows = sorted(found.to_pylist(), key=lambda row: row["number"])
    assert [(row["number"], row["value"]) for row in rows] == [(0, b"three"), (3, None)]
    assert rows[0]["headers"] == [{"name": b"h", "value": None}]


def test_a_file_that_is_none_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.duckdb.masked-raw"
    path.write_bytes(b"no database, and long enough to be looked at " * 500)
    with pytest.raises(SnapshotError, match=r"a\.duckdb\.masked-raw, cannot be opened"):
        RawRecords(path, write=False)
