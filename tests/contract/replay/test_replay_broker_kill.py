"""A broker is killed and started again under a replay: each record is there once, in order, and the ledger says so."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter

import pytest
from replay_bench import Bench, read_all, select, write

from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.errors import WorkbenchError
from workbench.model import NewRecord
from workbench.replay import resolve_run
from workbench.replay.plan import batches
from workbench.store.journal import Journal

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

RECORDS, BATCH = 4_000, 200
OLD_MS = 68 * 86_400_000
"""Kept times of this age: a broker that restarts has forgotten their producer."""


@pytest.fixture
async def broker(tmp_path):
    try:
        started = await asyncio.to_thread(local.up, port=0, data=tmp_path / "broker")
    except WorkbenchError as error:
        pytest.skip(f"The packaged broker is missing: {error}")
    yield started
    await asyncio.to_thread(local.down, started.port)


async def restart(broker, away_s) -> None:
    (running,) = [one.broker for one in local.status() if one.broker.port == broker.port]
    os.kill(running.pid, signal.SIGKILL)
    await asyncio.sleep(away_s)
    await asyncio.to_thread(local.up, port=broker.port, data=broker.data)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", BATCH)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(("writer", "away_s"), [("idempotent", 0), ("idempotent", 2), ("transactional", 1)])
async def test_each_record_once_and_the_ledger_true(broker, tmp_path, topic_name, writer, away_s):
    kills: list[asyncio.Task[None]] = []

    def kill_twice(progress) -> None:
        done = dict(progress.counts)["records"]
        if len(kills) < 2 and done > RECORDS * (1 + len(kills)) // 3 and all(kill.done() for kill in kills):
            kills.append(asyncio.ensure_future(restart(broker, away_s)))

    async with open_log(f"kafka://{broker.bootstrap}", timeout_s=90) as log:
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            source, target = await bench.topic(2), await bench.topic(2)
            since = time.time_ns() // 1_000_000 - OLD_MS
            await write(log, [NewRecord(source, b"k", b"%d" % at, (), at % 2, since + at) for at in range(RECORDS)])
            plan = await bench.plan(await select(log, source, writer=writer), target)
            warned = [text for text in plan.warnings if "the brokers' producer.id.expiration.ms" in text]
            assert len(warned) == (writer == "idempotent")
            report = await bench.run(plan, progress=kill_twice)
            await asyncio.gather(*kills)
            assert len(kills) == 2
            state = report.state
            if state == "in_doubt":
                state = await resolve_run(log, journal, plan.run_id)
            assert state in ("verified", "stopped"), repr(report)
            ledger = journal.ledger(plan.run_id).to_pylist()
            found = await read_all(log, target)
    assert max(Counter(record.value for record in found).values()) == 1
    for partition in range(2):
        numbers = [int(record.value) for record in found if record.partition == partition]
        assert numbers == sorted(numbers)
    acked = {(row["target_partition"], row["target_offset"]) for row in ledger if row["outcome"] == "acked"}
    assert acked == {(record.partition, record.offset) for record in found}
    if state == "verified":
        assert len(found) == RECORDS
