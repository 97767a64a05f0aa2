"""A capturing process is killed, a broker goes away, a disk fills up: nothing is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from workbench.bus import open_log
from workbench.capture import Beginning, capture
from workbench.decoding import Decoder
from workbench.errors import StorageFullError, WorkbenchError
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Start
from workbench.store import Appender, SnapshotStore

SCRIPT = Path(__file__).parents[2] / "support" / "capture_process.py"
KILLS = 10
PARTITIONS = 3
RECORDS = 20_000
BATCH = 2_000


def value(partition: int, number: int) -> bytes:
    """A body that does not compress to nothing, and can be told again."""
    noise = hashlib.shake_256(b"%d/%d" % (partition, number)).hexdigest(200)
    return f'{{"event_id": "{noise[:32]}", "n": {number}, "filler": "{noise[32:]}"}}'.encode()


async def fill(log, topic: str, first: int = 0, count: int = RECORDS) -> None:
    async with log.writer() as writer:
        for partition in range(PARTITIONS):
            for start in range(first, first + count, BATCH):
                numbers = range(start, min(start + BATCH, first + count))
                records = [NewRecord(topic, value=value(partition, n), partition=partition) for n in numbers]
                assert all(outcome.status == "acked" for outcome in await writer.send(records))


def check_whole(path: Path, count: int) -> None:
    with SnapshotStore.open(path) as store:
        table = store.record_table()
        positions = list(zip(table["partition"].to_pylist(), table["offset"].to_pylist(), strict=True))
        assert positions == [(p, o) for p in range(PARTITIONS) for o in range(count)]
        assert table["value"].to_pylist() == [value(p, o) for p in range(PARTITIONS) for o in range(count)]
        assert store.event_table().num_rows == table.num_rows
        assert set(store.ranges["state"]) == {"complete"}
        assert store.ranges["records"].sum() == table.num_rows


def check_consistent(path: Path) -> int:
    """Whatever the moment of the kill: what the ranges claim is there, once, and nothing else."""
    with SnapshotStore.open(path) as store:
        doubles = store.sql('SELECT count(*) - count(DISTINCT ("partition", "offset")) AS n FROM records')["n"][0]
        claimed = store.sql('SELECT coalesce(sum(next - "from"), 0) AS n FROM capture_ranges')["n"][0]
        stored = store.sql("SELECT count(*) AS n FROM records")["n"][0]
        assert doubles == 0
        assert stored == claimed == store.event_table().num_rows
        assert "running" not in set(store.ranges["state"])
        return int(stored)


class SlowDecoder:
    """Decodes, and at its third batch waits until it is released."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        self._decoder = Decoder()
        self._batches = 0

    def decode(self, records, topic):
        self._batches += 1
        if self._batches == 3:
            self.reached.set()
            self.released.wait(60)
        return self._decoder.decode(records, topic)


@pytest.fixture
def capture_into(monkeypatch):
    """Capture one topic into a file in small pieces; the file is closed afterwards."""
    monkeypatch.setattr("workbench.capture.pipeline.READ_BYTES", 1 << 19)
    monkeypatch.setattr("workbench.capture.beginning.PREFETCH_BYTES", 1 << 20)
    monkeypatch.setattr(
        "workbench.capture.run.Appender", partial(Appender, segment_bytes=1 << 19, row_group_bytes=1 << 20)
    )

    async def capture_into(log, path, topic, decoder=None):
        store = SnapshotStore.open(path, write=True)
        try:
            async with Beginning(log, parse_topics(topic), start=Start()) as begun:
                return await capture(begun, store, lambda _: decoder or Decoder(), cluster="test")
        finally:
            with contextlib.suppress(StorageFullError):
                store.close()

    return capture_into


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_killed_ten_times_and_then_whole(kafka_address, topic_name, tmp_path):
    address, name, path = f"kafka://{kafka_address}", topic_name("wb-kill"), tmp_path / "killed.duckdb"
    dice = random.Random(20261125)  # noqa: S311 - moments, not secrets
    stored = [0]
    async with open_log(address) as log:
        await log.create_topic(name, partitions=PARTITIONS)
        try:
            await fill(log, name)
            for _ in range(KILLS):
                await asyncio.to_thread(kill_after, [address, name, path], dice.randint(0, 3), dice.uniform(0, 0.4))
                if path.exists():
                    stored.append(await asyncio.to_thread(check_consistent, path))
            assert stored == sorted(stored)
            assert stored[-1] > 0
            await fill(log, name, RECORDS, 1_000)
            ended = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, SCRIPT, address, name, path],
                check=True,
                capture_output=True,
                text=True,
            )
            assert ended.stdout.splitlines()[-1] == "complete"
        finally:
            await log.delete_topic(name)
    await asyncio.to_thread(check_whole, path, RECORDS + 1_000)
    assert not list(tmp_path.glob("killed.duckdb.*"))


def kill_after(arguments: list[object], lines: int, seconds: float) -> None:
    """Start a capture, let it tell so much, wait a moment more, and kill it."""
    process = subprocess.Popen([sys.executable, SCRIPT, *map(str, arguments)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        for _ in range(lines + 1):
            process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_broker_restarted_meanwhile(tmp_path, topic_name, capture_into):
    from workbench.bus.kafka import local

    name, path, data = topic_name("wb-restart"), tmp_path / "restarted.duckdb", tmp_path / "broker"
    try:
        broker = await asyncio.to_thread(local.up, port=0, data=data)
    except WorkbenchError as error:
        pytest.skip(f"The packaged broker is missing: {error}")
    slow = SlowDecoder()
    try:
        async with open_log(f"kafka://{broker.bootstrap}", timeout_s=120) as log:
            await log.create_topic(name, partitions=PARTITIONS)
            await fill(log, name)
            task = asyncio.create_task(capture_into(log, path, name, slow))
            assert await asyncio.to_thread(slow.reached.wait, 60)
            await asyncio.to_thread(local.down, broker.port)
            slow.released.set()
            await asyncio.to_thread(local.up, port=broker.port, data=data)
            result = await task
        assert result.state == "complete"
        await asyncio.to_thread(check_whole, path, RECORDS)
    finally:
        slow.released.set()
        await asyncio.to_thread(local.down, broker.port)


@pytest.mark.slow
async def test_a_full_disk(tmp_path, topic_name, capture_into):
    disk, name = tmp_path / "disk", topic_name("full")
    async with open_log(f"memory://{topic_name('cluster')}") as log:
        await log.create_topic(name, partitions=PARTITIONS)
        await fill(log, name)
        with small_disk(disk, "8m"):
            path = disk / "incident.duckdb"
            with pytest.raises(StorageFullError, match=r"full\. What was committed before is intact"):
                await capture_into(log, path, name)
            assert await asyncio.to_thread(check_consistent, path) < RECORDS * PARTITIONS
            await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,size=400m", disk], check=True)
            assert (await capture_into(log, path, name)).state == "complete"
            await asyncio.to_thread(check_whole, path, RECORDS)


@contextmanager
def small_disk(folder: Path, size: str):
    folder.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("mount is missing: it makes the small disk")
    if mounted.returncode:
        pytest.skip("mounting needs root: it makes the small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
