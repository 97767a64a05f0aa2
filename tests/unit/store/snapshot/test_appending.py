"""What was committed survives a full disk."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest
from mounts import small_disk
from snapshot_rows import Filler, raw_records

from workbench.errors import SnapshotError, StorageFullError
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore


class TestFullDisk:
    def test_what_was_committed_stays(self, tmp_path, decoder):
        disk = tmp_path / "disk"
        with small_disk(disk, "24m"):
            path = disk / "incident.duckdb"
            store = SnapshotStore.open(path, write=True)
            try:
                with pytest.raises(StorageFullError, match=r"full\. What was committed before is intact"):
                    _fill_up(Filler(store, decoder))
            finally:
                _close_quietly(store)
            with SnapshotStore.open(path) as reader:
                rows = reader.sql("SELECT topic, count(*) AS n FROM records GROUP BY 1 ORDER BY 1")
                ranges = reader.sql(
                    'SELECT topic, next - "from" AS n FROM capture_ranges JOIN sources USING (source_id)'
                )
                stored = {topic: n for topic, n in ranges.to_numpy() if n}
                assert len(stored) > 3
                assert dict(rows.to_numpy()) == stored
                assert set(stored.values()) == {1000}


def _fill_up(fill: Filler) -> None:
    for number in range(200):
        records = _incompressible(number * 1000, 1000)
        fill(records, topic=f"t{number}", capture_id=f"c{number}", segment_bytes=1)


def _incompressible(first: int, count: int) -> pa.Table:
    records = raw_records(first, count)
    return records.set_column(5, RECORD.field("value"), pa.array([os.urandom(600) for _ in range(count)]))


def _close_quietly(store: SnapshotStore) -> None:
    try:
        store.close()
    except (SnapshotError, StorageFullError):
        return
