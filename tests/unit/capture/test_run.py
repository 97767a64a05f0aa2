"""How a capture ends: with all processors at work, and in order on a full disk, wherever it becomes full."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from mounts import small_disk

from workbench.bus.memory import MemoryLog
from workbench.capture import Beginning, capture, run
from workbench.decoding import Decoder
from workbench.errors import StorageFullError
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from pathlib import Path


async def capture_into(path: Path, megabytes: int) -> None:
    async with MemoryLog("full") as log:
        await log.create_topic("t")
        for _ in range(megabytes):
            await log.append_batch("t", pa.record_batch({"value": [os.urandom(1 << 10) for _ in range(1 << 10)]}))
        with SnapshotStore.open(path, write=True) as store:
            async with Beginning(log, parse_topics("t"), start=parse_bound("start")) as begun:
                await capture(begun, store, lambda _: Decoder(), cluster="c")


@pytest.mark.parametrize("megabytes", [14, 60])
async def test_a_full_disk_is_one_error_and_leaves_no_file_half_written(tmp_path, megabytes):
    disk = tmp_path / "disk"
    with small_disk(disk, "12m"):
        path = disk / "incident.duckdb"
        with pytest.raises(StorageFullError, match="What was committed before is intact"):
            await capture_into(path, megabytes)
        folder = disk / "incident.duckdb.segments"
        assert [one.name for one in folder.iterdir() if one.name.endswith(".writing")] == []
        with SnapshotStore.open(path) as reader:
            (row,) = reader.ranges_table().to_pylist()
            assert row["state"] == "failed"
            assert row["records"] == row["next"] == reader.record_count()


async def test_the_last_rows_go_into_two_segments_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "AUTOMATIC_BYTES", 0)
    path = tmp_path / "incident.duckdb"
    await capture_into(path, 14)
    with SnapshotStore.open(path) as reader:
        first, second = reader.sql("SELECT rows FROM segments ORDER BY segment_id")["rows"].tolist()
        assert first == second == 7 << 10
        offsets = reader.sql('SELECT "offset" FROM records')["offset"]
        assert sorted(offsets) == list(range(14 << 10))
        (row,) = reader.ranges_table().to_pylist()
        assert (row["state"], row["next"]) == ("complete", 14 << 10)
