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

RECORDS, BATCH = 2_000, 100
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


async def restart(broker) -> None:
    (running,) = [one.broker for one in local.status() if one.broker.port == broker.port]
    os.kill(running.pid, signal.SIGKILL)
    await asyncio.to_thread(local.up, port=broker.port, data=broker.data)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", BATCH)


@pytest.mark.usefixtures("small_batches")
async def test_each_record_once_and_the_ledger_true(broker, tmp_path, topic_name):
    async with open_log(f"kafka://{broker.bootstrap}", timeout_s=90) as log:
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            source = await bench.topic(2)
            since = time.time_ns() // 1_000_000 - OLD_MS
            await write(log, [NewRecord(source, b"k", b"%d" % at, (), at % 2, since + at) for at in range(RECORDS)])
            draft = {writer: await select(log, source, writer=writer) for writer in ("idempotent", "transactional")}
            for writer, own in draft.items():
                plan = await bench.plan(own, await bench.topic(2))
                warned = [text for text in plan.warnings if "the brokers' producer.id.expiration.ms" in text]
                assert len(warned) == (writer == "idempotent")
                await killed_in_the_middle(broker, bench, plan)


async def killed_in_the_middle(broker, bench, plan) -> None:
    kills: list[asyncio.Task[None]] = []

    def kill(progress) -> None:
        if not kills and dict(progress.counts)["records"] > RECORDS // 3:
            kills.append(asyncio.ensure_future(restart(broker)))

    report = await bench.run(plan, progress=kill)
    await asyncio.gather(*kills)
    assert len(kills) == 1
    state = report.state
    if state == "in_doubt":
        state = await resolve_run(bench.log, bench.journal, plan.run_id)
    assert state in ("verified", "stopped"), repr(report)
    ledger = bench.journal.ledger(plan.run_id).to_pylist()
    found = await read_all(bench.log, plan.facts.target_topics[0])
    assert max(Counter(record.value for record in found).values()) == 1
    for partition in range(2):
        numbers = [int(record.value) for record in found if record.partition == partition]
        assert numbers == sorted(numbers)
    acked = {(row["target_partition"], row["target_offset"]) for row in ledger if row["outcome"] == "acked"}
    assert acked == {(record.partition, record.offset) for record in found}
    if state == "verified":
        assert len(found) == RECORDS
