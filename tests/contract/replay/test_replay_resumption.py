"""An interrupted run is resumed: each record is on the target once, in lane order, or the run says why not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from replay_bench import FOREVER, WRITABLE, read_all, select, write

from workbench.errors import ReplayRefused
from workbench.model import NewRecord
from workbench.replay import Connection, plan_from_json, resume_run, run_plan
from workbench.replay.plan import batches

VALUES = [b"v%d" % at for at in range(6)]


async def values(bench, target):
    return [record.value for record in await read_all(bench.log, target)]


async def resume(bench, plan, **changes):
    """Resume as a new process does: with a plan made again from the journal."""
    (source,) = plan.facts.targets
    again = plan_from_json(bench.journal.run(plan.run_id).plan, await select(bench.log, source))
    return await resume_run(again, bench.log, bench.journal, **{"connection": WRITABLE, **changes})


@pytest.mark.parametrize("headers", ["provenance", "exact"])
@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
async def test_what_arrived_is_not_sent_again(bench, in_doubt, writer, headers):
    plan, target = await in_doubt(writer=writer, headers=headers)
    report = await resume(bench, plan)
    assert report.state == "verified", repr(report)
    assert report.counts["acked"] == 6
    assert await values(bench, target) == VALUES
    assert bench.journal.in_doubt(bench.log.cluster_id, [target]) == []
    with pytest.raises(ReplayRefused, match="it is verified"):
        await resume(bench, plan)


@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
async def test_who_resumes_may_be_killed_when_what_was_in_doubt_is_settled(bench, in_doubt, writer, monkeypatch):
    plan, target = await in_doubt(writer=writer, settled=0)
    assert bench.journal.ledger(plan.run_id)["outcome"].to_pylist()[:4] == ["unknown"] * 4
    settle, calls = bench.journal.settle, iter(range(9))

    def settle_then_die(*arguments: Any) -> None:
        settle(*arguments)
        if not next(calls):
            raise OSError("killed behind that")

    monkeypatch.setattr(bench.journal, "settle", settle_then_die)
    with pytest.raises(OSError, match="killed behind"):
        await resume(bench, plan)
    monkeypatch.undo()
    report = await resume(bench, plan)
    assert report.state == "verified", repr(report)
    assert await values(bench, target) == VALUES


@pytest.mark.parametrize("timestamps", ["keep", "now"])
async def test_what_did_not_arrive_is_sent(bench, in_doubt, timestamps, monkeypatch):
    # A run whose second batch is known only as begun: its intent is in the journal, and nothing is on the target.
    intent, calls = bench.journal.intent, iter(range(9))

    def intent_then_die(*arguments: Any, **settled: Any) -> None:
        intent(*arguments, **settled)
        if next(calls):
            raise OSError("killed before the first byte")

    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [NewRecord(source, b"k", value, (), 0, 1_700_000_000_000) for value in VALUES])
    draft = await select(bench.log, source, headers="exact", timestamps=timestamps)
    plan = await bench.plan(draft, target)
    monkeypatch.setattr(bench.journal, "intent", intent_then_die)
    with pytest.raises(OSError, match="killed before"):
        await run_plan(plan, bench.log, bench.journal, connection=WRITABLE, confirm=plan.token)
    monkeypatch.undo()
    assert bench.journal.ledger(plan.run_id)["outcome"].to_pylist() == ["acked", "acked", "unknown", "unknown"]
    assert (await resume(bench, plan)).state == "verified"
    assert await values(bench, target) == VALUES


async def test_a_topic_that_the_run_created_is_its_own(bench, in_doubt):
    plan, target = await in_doubt(target=None)
    assert (await resume(bench, plan)).state == "verified"
    assert await values(bench, target) == VALUES


async def test_a_stopped_run_goes_on(bench, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [NewRecord(source, b"k", value, (), 0, 1_700_000_000_000) for value in VALUES])
    plan = await bench.plan(await select(bench.log, source), target)
    cancelled = []

    def cancel_once(at):
        if dict(at.counts)["records"] == 2 and not cancelled:
            cancelled.append(run.cancel())

    run = asyncio.ensure_future(bench.run(plan, progress=cancel_once))
    with pytest.raises(asyncio.CancelledError):
        await run
    assert bench.journal.run(plan.run_id).state == "stopped"
    assert (await resume(bench, plan)).state == "verified"
    assert await values(bench, target) == VALUES


async def test_others_with_the_same_content_leave_a_choice(bench, in_doubt):
    plan, target = await in_doubt(headers="exact")
    records = [NewRecord(target, b"k%d" % at, b"v%d" % at, (), 0, 1_700_000_000_000 + at) for at in (3, 2)]
    await write(bench.log, records)
    with pytest.raises(ReplayRefused, match="in another order") as refused:
        await resume(bench, plan)
    assert "doubtful='skip'" in str(refused.value)
    report = await resume(bench, plan, doubtful="skip")
    assert report.counts == {"acked": 4, "skipped": 2, "refused": 0, "failed": 0, "unknown": 0, "unsent": 0}
    assert await values(bench, target) == [b"v0", b"v1", b"v2", b"v3", b"v3", b"v2", b"v4", b"v5"]


async def test_sending_again_is_possible_when_it_is_chosen(bench, in_doubt):
    plan, target = await in_doubt(headers="exact")
    await write(bench.log, [NewRecord(target, b"k3", b"v3", (), 0, 1_700_000_000_003)])
    report = await resume(bench, plan, doubtful="send")
    assert report.counts["acked"] == 6
    assert await values(bench, target) == [b"v0", b"v1", b"v2", b"v3", b"v3", b"v2", b"v3", b"v4", b"v5"]


async def test_a_target_that_was_created_again_is_refused(bench, in_doubt):
    plan, target = await in_doubt()
    await bench.log.delete_topic(target)
    async with asyncio.timeout(30):
        while await bench.log.describe([target]):  # noqa: ASYNC110 - the broker deletes when it likes
            await asyncio.sleep(0.1)
    await bench.log.create_topic(target, partitions=1, config=FOREVER)
    with pytest.raises(ReplayRefused, match=r"G-7: .*(topic id|created again)"):
        await resume(bench, plan)
    assert await values(bench, target) == []


async def test_the_connection_must_still_be_allowed_to_write(bench, in_doubt):
    plan, target = await in_doubt()
    with pytest.raises(ReplayRefused, match="G-3"):
        await resume(bench, plan, connection=Connection())
    with pytest.raises(ReplayRefused, match="G-4"):
        await resume(bench, plan, connection=replace(WRITABLE, protected=True))
    report = await resume(bench, plan, connection=replace(WRITABLE, protected=True), target=target)
    assert report.state == "verified"
