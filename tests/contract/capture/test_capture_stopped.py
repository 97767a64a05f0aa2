"""A capture that follows stands still, loses its broker, or finds records deleted: it goes on, or says why not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.errors import WorkbenchError
from workbench.model import NewRecord, TopicPartition
from workbench.store import SnapshotStore

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

SCRIPT = Path(__file__).parents[2] / "support" / "capture_process.py"
TIMEOUT_S = 2


async def write(log, topic: str, first: int, stop: int) -> None:
    async with log.writer() as writer:
        outcomes = await writer.send([NewRecord(topic, value=b"%d" % at, partition=0) for at in range(first, stop)])
    assert {outcome.status for outcome in outcomes} == {"acked"}


class Process:
    """A capture that follows, in a process of its own."""

    def __init__(self, address: str, topic: str, path: Path, timeout_s: int = TIMEOUT_S) -> None:
        command = [sys.executable, str(SCRIPT), address, topic, str(path), str(timeout_s)]
        self.started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    async def until_told(self, records: int) -> None:
        """Wait until it has told that so many records are stored."""

        def read() -> None:
            for line in self.started.stdout or ():
                if line.startswith("{") and f"'records': {records}," in line:
                    return
            raise AssertionError(f"it ended: {self.started.stderr.read() if self.started.stderr else ''}")

        async with asyncio.timeout(60):
            await asyncio.to_thread(read)

    async def end(self) -> str:
        """Interrupt it, and return what it said on standard error."""
        self.started.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(self.started.communicate, timeout=60)
        return said


@asynccontextmanager
async def following(address: str, topic: str, path: Path, timeout_s: int = TIMEOUT_S):
    process = Process(address, topic, path, timeout_s)
    try:
        yield process
    finally:
        process.started.kill()
        await asyncio.to_thread(process.started.wait)


@pytest.mark.parametrize("deleted_before", [60])
async def test_stopped_for_longer_than_its_timeouts(kafka_address, topic_name, tmp_path, deleted_before):
    address, name, path = f"kafka://{kafka_address}", topic_name("wb-stop"), tmp_path / "stopped.duckdb"
    async with open_log(address) as log:
        await log.create_topic(name)
        await write(log, name, 0, 10)
        async with following(address, name, path) as process:
            await process.until_told(10)
            os.kill(process.started.pid, signal.SIGSTOP)
            await write(log, name, 10, 80)
            if deleted_before:
                await log.delete_records({TopicPartition(name, 0): deleted_before})
            await asyncio.sleep(2 * TIMEOUT_S)
            os.kill(process.started.pid, signal.SIGCONT)
            await write(log, name, 80, 90)
            missing = max(deleted_before - 10, 0)
            await process.until_told(90 - missing)
            assert await process.end() == ""
        await log.delete_topic(name)
    with SnapshotStore.open(path) as store:
        (last,) = [row for row in store.ranges_table().to_pylist() if row["next"] == 90]
        assert (last["missing"], last["state"]) == (missing, "incomplete" if missing else "complete")
        if missing:
            assert last["gaps"] == [{"reason": "expired", "start": 10, "stop": deleted_before}]
        kept = [*range(10), *range(max(deleted_before, 10), 90)]
        assert store.record_table()["value"].to_pylist() == [b"%d" % at for at in kept]


async def test_a_broker_that_is_killed_and_comes_back(topic_name, tmp_path):
    name, path, data = topic_name("wb-broker"), tmp_path / "followed.duckdb", tmp_path / "broker"
    try:
        broker = await asyncio.to_thread(local.up, port=0, data=data)
    except WorkbenchError as error:
        pytest.skip(f"The packaged broker is missing: {error}")
    address = f"kafka://{broker.bootstrap}"
    try:
        async with open_log(address, timeout_s=90) as log:
            await log.create_topic(name)
            await write(log, name, 0, 10)
            async with following(address, name, path, 90) as process:
                await process.until_told(10)
                os.kill(broker.pid, signal.SIGKILL)
                await asyncio.to_thread(local.up, port=broker.port, data=data)
                await write(log, name, 10, 30)
                await process.until_told(30)
                assert await process.end() == ""
    finally:
        await asyncio.to_thread(local.down, broker.port)
    with SnapshotStore.open(path) as store:
        assert store.record_table()["value"].to_pylist() == [b"%d" % at for at in range(30)]
        assert set(store.ranges["state"]) == {"complete"}
