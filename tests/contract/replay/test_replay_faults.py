"""What a run does when the broker refuses a record, loses an answer, or goes away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from replay_bench import WRITABLE, Bench, at_batch, read_all, select, until, write

from workbench.errors import ReplayRefused
from workbench.model import NewRecord
from workbench.replay import abandon_run, run_plan
from workbench.replay.plan import batches

BASE_MS = 1_700_000_000_000


def plain(topic: str, count: int) -> list[NewRecord]:
    return [NewRecord(topic, b"k%d" % at, b"v%d" % at, (), 0, BASE_MS + at) for at in range(count)]


class WithoutSettings:
    """A log whose user may not read topic settings, as on many production clusters."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def describe(self, topics: Any = None) -> Any:
        return [replace(info, config={}, unavailable=("config",)) for info in await self._log.describe(topics)]


async def oversized(bench: Bench, **options: Any) -> tuple[Any, str]:
    """A plan whose third record the target refuses, which the plan could not know."""
    source, target = await bench.topic(1), await bench.topic(1, max__message__bytes="2000")
    big = NewRecord(source, b"big", b"x" * 3000, (), 0, BASE_MS)
    await write(bench.log, [*plain(source, 2), big, *plain(source, 2)])
    draft = await select(bench.log, source, **options)
    bench.log = WithoutSettings(bench.log)
    return await bench.plan(draft, target), target


async def test_settings_that_cannot_be_read_are_a_warning_not_a_pass(bench):
    plan, target = await oversized(bench)
    assert plan.refusals == ()
    (text,) = [text for text in plan.warnings if "could not be read" in text]
    assert text.startswith(f"settings of {target}")
    for rule in ("G-11", "G-12", "G-13", "G-14"):
        assert rule in text


async def test_stop_is_the_default_and_leaves_nothing_behind(bench):
    plan, target = await oversized(bench)
    report = await bench.run(plan)
    assert report.state == "failed"
    assert f"A record for {target}/0 was not written" in report.error
    assert report.counts["failed"] == 1
    assert report.counts["acked"] == 0
    assert report.ledger["outcome"][2].as_py() == "failed"
    assert await read_all(bench.log, target) == []
    assert report.exit_status == 1


async def test_skip_record_leaves_out_what_the_broker_refuses_and_sends_the_rest(bench):
    plan, target = await oversized(bench, on_error="skip_record")
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    assert report.ledger["outcome"].to_pylist() == ["acked", "acked", "skipped", "acked", "acked"]
    assert [record.value for record in await read_all(bench.log, target)] == [b"v0", b"v1", b"v0", b"v1"]
    assert bench.journal.transactions(plan.run_id)["state"].to_pylist() == ["aborted", "committed"]


async def test_idempotent_writing_stops_at_the_refused_record(bench):
    plan, _ = await oversized(bench, writer="idempotent")
    report = await bench.run(plan)
    assert report.state == "failed"
    assert report.ledger["outcome"][2].as_py() == "failed"
    assert report.counts["acked"] == len(await read_all(bench.log, plan.facts.target_topics[0]))


async def memory_plan(bench: Bench, count: int = 3, **options: Any) -> tuple[Any, str]:
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, count))
    return await bench.plan(await select(bench.log, source, **options), target), target


only_memory = pytest.mark.parametrize("address", ["memory://replay-faults"])


@only_memory
async def test_a_lost_answer_inside_a_transaction_is_aborted_so_it_is_known(bench):
    plan, target = await memory_plan(bench)
    bench.log.faults.fail_sends()
    report = await bench.run(plan)
    assert report.state == "failed"
    assert report.counts["skipped"] == 3
    assert bench.journal.transactions(plan.run_id)["state"].to_pylist() == ["aborted"]
    assert await read_all(bench.log, target) == []


@only_memory
async def test_a_lost_answer_outside_a_transaction_is_unknown(bench):
    plan, target = await memory_plan(bench, writer="idempotent")
    bench.log.faults.fail_sends()
    report = await bench.run(plan)
    assert report.state == "in_doubt"
    assert report.counts["unknown"] == 3
    assert report.exit_status == 3
    again = await bench.plan(await select(bench.log, plan.facts.target_topics[0]), target)
    assert "G-21" in [refusal.rule for refusal in again.refusals]


@only_memory
async def test_a_cluster_that_goes_away_leaves_the_run_in_doubt_until_it_is_abandoned(bench, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    plan, target = await memory_plan(bench, count=6)
    at_batch(monkeypatch, 1, bench.log.faults.drop_connection)
    report = await run_plan(plan, bench.log, bench.journal, connection=WRITABLE, confirm=plan.token)
    bench.log.faults.restore()
    monkeypatch.undo()
    assert report.state == "in_doubt"
    assert report.ledger["outcome"].to_pylist() == ["acked", "acked", "unknown", "unknown"]
    assert report.counts["unsent"] == 2
    assert [record.value for record in await read_all(bench.log, target)] == [b"v0", b"v1"]
    source = plan.facts.targets
    following = await bench.plan(await select(bench.log, next(iter(source))), target)
    assert [refusal.rule for refusal in following.refusals] == ["G-21", "G-26"]
    with pytest.raises(ReplayRefused, match="G-21"):
        await bench.run(following)
    await abandon_run(bench.log, bench.journal, plan.run_id, by="tester", reason="looked at the target")
    row = bench.journal.run(plan.run_id)
    assert row.state == "abandoned"
    assert row.error.startswith("abandoned by tester; looked at the target")
    with pytest.raises(ReplayRefused, match="it is abandoned"):
        await abandon_run(bench.log, bench.journal, plan.run_id)
    free = await bench.plan(await select(bench.log, next(iter(source)), skip_refused=True), target)
    assert (await bench.run(free)).state == "verified"


@only_memory
async def test_a_second_cancellation_does_not_wait_and_leaves_doubt(bench, monkeypatch):
    plan, _ = await memory_plan(bench)
    intent = bench.journal.intent

    def intent_then_stall(*arguments: Any, **settled: Any) -> None:
        intent(*arguments, **settled)
        bench.log.faults.delay_s = 25.0

    monkeypatch.setattr(bench.journal, "intent", intent_then_stall)
    run = asyncio.ensure_future(bench.run(plan))
    await until(lambda: bench.log.faults.delay_s > 0)
    run.cancel()
    await asyncio.sleep(0.1)
    assert not run.done(), "the first cancellation waits for the batch"
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    bench.log.faults.delay_s = 0.0
    row = bench.journal.run(plan.run_id)
    assert (row.state, row.error) == ("in_doubt", "the run was interrupted while a batch was under way")
    assert set(bench.journal.ledger(plan.run_id)["outcome"].to_pylist()) == {"unknown"}
