"""A broker is killed and started again under a replay: each record is there once, in order, and the ledger says so."""

from __future__ import annotations

import asyncio
import contextlib
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
from workbench.replay import RunControl, resolve_run
from workbench.replay.plan import batches
from workbench.replay.run import attempts
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


@pytest.fixture(autouse=True)
def small_batches_and_short_waits(monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", BATCH)
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 0.5)


async def test_each_record_once_and_the_ledger_true(broker, tmp_path, topic_name):
    address = f"kafka://{broker.bootstrap}"
    async with contextlib.AsyncExitStack() as opened:
        patient, hasty = [await opened.enter_async_context(open_log(address, timeout_s=s)) for s in (90, 2)]
        source = await Bench(patient, None, topic_name).topic(2)
        since = time.time_ns() // 1_000_000 - OLD_MS
        await write(patient, [NewRecord(source, b"k", b"%d" % at, (), at % 2, since + at) for at in range(RECORDS)])
        runs = []
        for log, options in (
            (patient, {"writer": "idempotent"}),
            (patient, {"writer": "transactional"}),
            (hasty, {"writer": "transactional", "on_error": "retry(20)"}),
        ):
            journal = opened.enter_context(Journal.open(tmp_path / f"journal{len(runs)}.duckdb"))
            bench = Bench(log, journal, topic_name)
            plan = await bench.plan(await select(patient, source, **options), await bench.topic(2))
            warned = [text for text in plan.warnings if "the brokers' producer.id.expiration.ms" in text]
            assert len(warned) == (options["writer"] == "idempotent")
            runs.append((bench, plan))
        reports = await killed_in_the_middle(broker, runs)
        for (bench, plan), report in zip(runs, reports, strict=True):
            await check(bench, plan, report)
        assert (reports[2].state, reports[2].error) == ("verified", None)
        assert "resumed" in reports[2].tries[-1]


async def killed_in_the_middle(broker, runs):
    """Run plans side by side; the broker is killed and restarted when each is in its middle."""
    controls = [RunControl() for _ in runs]
    waiting, kills = set(), []

    def meet(number):
        def told(progress):
            if number not in waiting and dict(progress.counts)["records"] > RECORDS // 3:
                waiting.add(number)
                controls[number].pause()
                if len(waiting) == len(runs):
                    for control in controls:
                        control.resume()
            elif len(waiting) == len(runs) and not kills and not progress.note:
                kills.append(asyncio.ensure_future(restart(broker)))

        return told

    reports = await asyncio.gather(
        *(bench.run(plan, progress=meet(number), control=controls[number]) for number, (bench, plan) in enumerate(runs))
    )
    await asyncio.gather(*kills)
    assert len(kills) == 1
    return reports


async def check(bench, plan, report) -> None:
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
