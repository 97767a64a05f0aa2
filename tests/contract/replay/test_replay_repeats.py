"""What an earlier replay sent to a target is not sent again unless that is asked for; the target itself tells."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from replay_bench import WRITABLE, Bench, read_all, select, write

from workbench.errors import ReplayRefused
from workbench.model import NewRecord
from workbench.replay import plan_from_json, run_plan
from workbench.replay.plan import batches
from workbench.store.journal import Journal


@pytest.fixture
async def topics(bench):
    source, target = await bench.topic(2), await bench.topic(2)
    await write(bench.log, [NewRecord(source, b"k", b"v%d" % at, (), at % 2) for at in range(20)])
    return source, target


async def test_a_plan_that_was_copied_with_its_journal_runs_once(bench, topics, tmp_path):
    source, target = topics
    draft = await select(bench.log, source)
    plan = await bench.plan(draft, target)
    with Journal.open(tmp_path / "copied.duckdb") as copied:
        elsewhere = plan_from_json(plan.to_json(), draft)
        assert (await bench.run(plan)).state == "verified"
        with pytest.raises(ReplayRefused, match="G-26: seq 0 is on the target already"):
            await run_plan(elsewhere, bench.log, copied, connection=WRITABLE, confirm=plan.token)
    assert len(await read_all(bench.log, target)) == 20


async def test_a_plan_made_again_elsewhere_says_what_is_there(bench, topics, tmp_path):
    source, target = topics
    assert (await bench.run(await bench.plan(await select(bench.log, source), target))).state == "verified"
    with Journal.open(tmp_path / "elsewhere.duckdb") as journal:
        other = Bench(bench.log, journal, bench.name)
        again = await other.plan(await select(bench.log, source), target)
        assert [refusal.rule for refusal in again.blocking] == ["G-26"]
        assert len(again.blocking[0].seqs) == 20
        assert "accept_repeats=True" in str(again.blocking[0])
        wanted = await other.plan(await select(bench.log, source, accept_repeats=True), target)
        assert wanted.blocking == ()
        assert (await other.run(wanted)).state == "verified"
    assert len(await read_all(bench.log, target)) == 40


async def test_an_interrupted_replay_is_finished_by_leaving_out_what_is_there(bench, topics, monkeypatch):
    source, target = topics
    monkeypatch.setattr(batches, "BATCH_RECORDS", 5)
    plan = await bench.plan(await select(bench.log, source), target)
    task = None

    def stop_after_two(progress) -> None:
        # Once: a second cancellation does not wait until the batch under way is decided.
        if dict(progress.counts)["records"] >= 10 and not task.cancelling():
            task.cancel()

    task = asyncio.ensure_future(bench.run(plan, progress=stop_after_two))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.journal.run(plan.run_id).state == "stopped"
    there = len(await read_all(bench.log, target))
    assert 0 < there < 20
    again = await bench.plan(await select(bench.log, source), target)
    assert [refusal.rule for refusal in again.blocking] == ["G-26"]
    rest = await bench.plan(await select(bench.log, source, skip_refused=True), target)
    assert len(rest.sent) == 20 - there
    assert (await bench.run(rest)).state == "verified"
    values = Counter(record.value for record in await read_all(bench.log, target))
    assert values == Counter(b"v%d" % at for at in range(20))


async def test_other_records_and_other_sources_are_no_repeats(bench, topics):
    source, target = topics
    await write(bench.log, [NewRecord(target, b"k", b"v1", ((b"x-replay-of", b"here/other/0/0"),), 0)])
    assert (await bench.plan(await select(bench.log, source), target)).blocking == ()


async def test_idempotent_writing_of_old_times_warns(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [NewRecord(source, b"k", b"v", (), 0, 1_700_000_000_000)])

    async def warned(**options) -> bool:
        plan = await bench.plan(await select(bench.log, source, **options), target)
        return any("producer.id.expiration.ms" in text for text in plan.warnings)

    assert await warned(writer="idempotent")
    assert not await warned(writer="idempotent", timestamps="now")
    assert not await warned()
