"""With ``on_error="retry(3)"`` a run is resumed by itself after a failure that may pass, and after no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from replay_bench import at_batch, read_all, select, until, write

from workbench.errors import AuthenticationError, PublishError
from workbench.model import NewRecord, TopicPartition
from workbench.replay import RunControl
from workbench.replay.plan import batches
from workbench.replay.run import attempts

VALUES = [b"v%d" % at for at in range(6)]

pytestmark = pytest.mark.parametrize("address", ["memory://replay-tries"])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 0.01)


async def three_batches(bench: Any, **options: Any) -> tuple[Any, str]:
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [NewRecord(source, b"k", value, (), 0, 1_700_000_000_000) for value in VALUES])
    draft = await select(bench.log, source, **{"on_error": "retry(3)", **options})
    return await bench.plan(draft, target), target


def cut_in_the_second_batch(bench: Any, monkeypatch: Any) -> None:
    at_batch(monkeypatch, 1, bench.log.faults.drop_connection)


def results(bench: Any, plan: Any) -> list[tuple[str, int]]:
    entries = bench.journal.audit_rows(plan.run_id, "replay.try")
    return [(entry["result"], entry["details"]["try"]) for entry in entries]


async def values(bench: Any, target: str) -> list[bytes | None]:
    return [record.value for record in await read_all(bench.log, target)]


async def test_a_cluster_that_comes_back_gets_each_record_once(bench, monkeypatch):
    plan, target = await three_batches(bench)
    cut_in_the_second_batch(bench, monkeypatch)
    told = []

    def back_before_the_second_try(progress):
        told.append(progress)
        if progress.note.startswith("try 2 of 3"):
            bench.log.faults.restore()

    report = await bench.run(plan, progress=back_before_the_second_try)
    assert report.state == "verified", repr(report)
    assert report.error is None
    assert await values(bench, target) == VALUES
    assert results(bench, plan) == [("failed", 1), ("resumed", 2)]
    assert [progress.state for progress in told] == ["running"] * (len(told) - 1) + ["done"]
    assert "tried again: try 1 of 3 failed: " in repr(report)
    assert repr(report).count("the connection was dropped") == 1
    assert dict(told[-1].counts)["records"] == 6
    assert dict(told[-1].counts)["bytes"] == int(plan.records.sizes.sum())


async def test_a_batch_that_was_aborted_is_sent_again(bench):
    plan, target = await three_batches(bench)
    failure = PublishError("too few replicas", cause_code="NOT_ENOUGH_REPLICAS", retriable=True)
    bench.log.faults.fail_sends(2, error=failure)
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    assert results(bench, plan)[-1][0] == "resumed"
    assert await values(bench, target) == VALUES


async def test_the_tries_are_counted_and_a_user_can_still_resume(bench, monkeypatch):
    plan, target = await three_batches(bench, on_error="retry(2)")
    cut_in_the_second_batch(bench, monkeypatch)
    told = []
    report = await bench.run(plan, progress=told.append)
    bench.log.faults.restore()
    assert (report.state, results(bench, plan)) == ("in_doubt", [("failed", 1), ("failed", 2)])
    assert "2 more tries did not help: " in report.error
    assert "resume" in report.next_step
    assert [progress.state for progress in told if progress.over] == ["failed"]
    assert "did not help" in told[-1].note
    assert await values(bench, target) == VALUES[:2]


@pytest.mark.parametrize(
    "failure",
    [
        PublishError("too large", cause_code="MESSAGE_TOO_LARGE"),
        PublishError("fenced", cause_code="PRODUCER_FENCED"),
        AuthenticationError("not allowed"),
    ],
)
async def test_a_failure_that_would_come_again_ends_the_run(bench, failure):
    plan, target = await three_batches(bench)
    bench.log.faults.fail_sends(error=failure)
    report = await bench.run(plan)
    assert (report.state, report.tries, results(bench, plan)) == ("failed", (), [])
    assert await values(bench, target) == []


async def test_a_group_that_came_meanwhile_ends_the_tries(bench, monkeypatch):
    plan, target = await three_batches(bench)
    cut_in_the_second_batch(bench, monkeypatch)
    joined = []

    async def join() -> None:
        bench.log.faults.restore()
        await bench.log.commit_offsets("billing", {TopicPartition(target, 0): 1})

    def joins(progress):
        if progress.note.startswith("try 1 of 3") and not joined:
            joined.append(asyncio.ensure_future(join()))

    report = await bench.run(plan, progress=joins)
    assert report.state == "in_doubt"
    assert results(bench, plan) == [("refused", 1)]
    assert "try 1 of 3 was refused" in report.error
    assert "G-6" in report.error
    assert await values(bench, target) == VALUES[:2]


async def test_stop_ends_the_wait_at_once(bench, monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 600.0)
    plan, _ = await three_batches(bench)
    cut_in_the_second_batch(bench, monkeypatch)
    control = RunControl()
    waits = asyncio.Event()
    run = asyncio.ensure_future(
        bench.run(plan, control=control, progress=lambda told: waits.set() if "try 1" in told.note else None)
    )
    async with asyncio.timeout(20):
        await waits.wait()
        control.cancel()
        report = await run
    assert report.state == "in_doubt"
    assert report.error.endswith("stopped before try 1 of 3")
    assert results(bench, plan) == []


async def test_cancelling_ends_the_wait_at_once(bench, monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 600.0)
    plan, _ = await three_batches(bench)
    cut_in_the_second_batch(bench, monkeypatch)
    told = []
    run = asyncio.ensure_future(bench.run(plan, progress=told.append))
    await until(lambda: bool(told) and "try 1 of 3" in told[-1].note)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    row = bench.journal.run(plan.run_id)
    assert row.state == "in_doubt"
    assert row.error.endswith("interrupted before it was tried again")
    assert told[-1].state == "failed"
