"""What happens under a run is told: its target is deleted or created anew, the disk is full, it is run twice."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest
from mounts import small_disk
from replay_bench import WRITABLE, Bench, read_all, select, write

from workbench.bus import open_log
from workbench.errors import ReplayRefused, StorageFullError
from workbench.model import NewRecord
from workbench.replay import RunControl, fetch_facts, make_plan, resume_run, run_plan, verify_delivery
from workbench.replay.plan import batches
from workbench.replay.proof import stable_ends, verification
from workbench.store.journal import Journal

pytestmark = pytest.mark.timeout(180)

RECORDS = 40


@pytest.fixture
async def topics(bench, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 10)
    source, target = await bench.topic(2), await bench.topic(2)
    await write(bench.log, [NewRecord(source, b"k", b"%d" % at, (), at % 2) for at in range(RECORDS)])
    return source, target


async def meanwhile(bench, plan, act):
    """Run a plan, and do something when its first batch is there: the run waits until that is done."""
    done = []

    def tell(progress):
        if not done and dict(progress.counts)["records"]:
            done.append(asyncio.ensure_future(held()))
            control.pause()

    async def held():
        await act()
        control.resume()

    control = RunControl()
    report = await bench.run(plan, progress=tell, control=control)
    await asyncio.gather(*done)
    return report


@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
async def test_a_target_that_is_deleted_meanwhile_is_named(bench, address, topics, writer):
    source, target = topics
    plan = await bench.plan(await select(bench.log, source, writer=writer), target)
    # The end of a transaction is asked for until the time-out of the connection.
    options = {} if address.startswith("memory:") else {"timeout_s": 5}
    async with open_log(address, **options) as log:
        report = await meanwhile(Bench(log, bench.journal, bench.name), plan, lambda: bench.log.delete_topic(target))
    assert report.state in ("failed", "in_doubt"), repr(report)
    assert target in report.error
    found = await verify_delivery(bench.log, plan.run_id, bench.journal)
    assert [str(check) for check in found.checks] == [
        f"fail: the target is the planned topic - {target} does not exist any more: what the run wrote to it is gone"
    ]


async def test_a_target_that_is_created_again_meanwhile_is_told(bench, topics):
    source, target = topics
    plan = await bench.plan(await select(bench.log, source), target)

    async def anew():
        await bench.log.delete_topic(target)
        await bench.log.create_topic(target, partitions=2)

    report = await meanwhile(bench, plan, anew)
    if report.state == "done" or report.verification is not None:
        assert report.state == "not_verified", repr(report)
    found = await verify_delivery(bench.log, plan.run_id, bench.journal)
    assert f"{target} was deleted and created again" in str(found.checks[0])
    assert not found.passed


async def test_records_that_brokers_lost_are_not_waited_for(bench, topics, monkeypatch):
    source, target = topics
    monkeypatch.setattr(stable_ends, "_LOST_AFTER_S", 0.0)
    plan = await bench.plan(await select(bench.log, source), target)
    assert (await bench.run(plan)).state == "verified"
    (info,) = await bench.log.describe([target])
    monkeypatch.setattr(verification, "gone_targets", no_one)
    await bench.log.delete_topic(target)
    await bench.log.create_topic(target, partitions=len(info.partitions))
    found = await verify_delivery(bench.log, plan.run_id, bench.journal)
    assert "ends at 0, below what was sent and acknowledged" in str(found.checks[0])


async def no_one(_log, _row):
    return []


async def test_partitions_that_are_added_meanwhile_change_nothing(bench, topics):
    source, target = topics
    plan = await bench.plan(await select(bench.log, source), target)
    report = await meanwhile(bench, plan, lambda: bench.log.add_partitions(target, 5))
    assert report.state == "verified", repr(report)
    assert {record.partition for record in await read_all(bench.log, target)} == {0, 1}


async def test_a_plan_that_is_run_twice_at_once_runs_once(bench, topics):
    source, target = topics
    plan = await bench.plan(await select(bench.log, source), target)
    found = await asyncio.gather(bench.run(plan), bench.run(plan), return_exceptions=True)
    assert [type(one) for one in found if isinstance(one, Exception)] == [ReplayRefused]
    assert "one plan is one run" in str([one for one in found if isinstance(one, Exception)])
    assert len(await read_all(bench.log, target)) == RECORDS


@pytest.mark.slow
async def test_a_full_disk_under_the_journal_leaves_a_run_that_is_resumed(topic_name, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 5_000)
    async with open_log(f"memory://{topic_name('disk')}") as log:
        for name in ("source", "target"):
            await log.create_topic(name, partitions=1, config={"retention.ms": "-1"})
        await write(log, [NewRecord("source", b"k", b"%d" % at, (), 0) for at in range(20_000)])
        disk = tmp_path / "disk"
        with small_disk(disk, "24m"), Journal.open(disk / "journal.duckdb") as journal:
            draft = await select(log, "source", max_records=20_000)
            plan = make_plan(draft, await fetch_facts(log, draft, "target", connection=WRITABLE, journal=journal))

            def fill(progress):
                if dict(progress.counts)["records"] and not (disk / "filler").exists():
                    with (disk / "filler").open("wb") as file, contextlib.suppress(OSError):
                        while True:
                            os.write(file.fileno(), bytes(4096))

            with pytest.raises(StorageFullError, match=r"full\. What was committed before is intact"):
                await run_plan(plan, log, journal, connection=WRITABLE, confirm=plan.token, progress=fill)
            assert journal.runs()[0].state == "in_doubt"
            assert 0 < len(await read_all(log, "target")) < 20_000
            (disk / "filler").unlink()
            report = await resume_run(plan, log, journal, connection=WRITABLE)
            assert report.state == "verified", repr(report)
            assert len(await read_all(log, "target")) == 20_000
