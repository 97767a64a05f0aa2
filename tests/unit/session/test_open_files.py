"""A file that this process has open for writing is used again, so that a cell that captures can run twice."""

from __future__ import annotations

import gc

import pytest

import workbench as wb
from workbench.errors import SnapshotError, SnapshotLockedError
from workbench.model import NewRecord
from workbench.session import open_files


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name()}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders")
        await write(opened, 3)
        yield opened


async def write(cluster, count):
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord("orders", value=b"x", partition=0) for _ in range(count)])


async def test_a_capture_into_an_open_file_goes_on_in_the_same_snapshot(cluster, tmp_path, monkeypatch):
    path = tmp_path / "incident.duckdb"
    first = await cluster.capture("orders", into=path)
    await write(cluster, 2)
    monkeypatch.chdir(tmp_path)
    second = await cluster.capture("orders", into="incident.duckdb")
    assert second is first
    assert second.sql("SELECT count(*) AS n FROM events")["n"][0] == 5
    (tmp_path / "link.duckdb").symlink_to(path)
    assert await cluster.capture("orders", into=tmp_path / "link.duckdb") is first
    first.close()
    third = await cluster.capture("orders", into=path)
    assert third is not first
    third.close()


async def test_a_capture_that_fails_leaves_the_open_snapshot_open(cluster, tmp_path):
    snap = await cluster.capture("orders", into=tmp_path / "incident.duckdb")
    with pytest.raises(wb.UnknownTopicError):
        await cluster.capture("nowhere", into=tmp_path / "incident.duckdb")
    assert snap.sql("SELECT count(*) AS n FROM events")["n"][0] == 3
    snap.close()


async def test_a_file_opened_for_writing_by_hand_is_used_and_one_for_reading_is_not(cluster, tmp_path):
    path = tmp_path / "incident.duckdb"
    with wb.open(path, write=True) as snap:
        assert await cluster.capture("orders", into=path) is snap
    with wb.open(path), pytest.raises((SnapshotError, SnapshotLockedError)):
        await cluster.capture("orders", into=path)


async def test_a_snapshot_that_nobody_refers_to_is_no_open_file(cluster, tmp_path):
    path = tmp_path / "incident.duckdb"
    await cluster.capture("orders", into=path)
    gc.collect()
    assert open_files.find(path) is None
    with wb.open(path) as snap:
        assert len(snap.events()) == 3
