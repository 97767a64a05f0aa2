"""A run is paced, paused, resumed, cancelled, and held by its brakes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from replay_bench import read_all, select, until, write

from workbench.model import NewRecord, TopicPartition
from workbench.replay import RunControl
from workbench.replay.plan import batches
from workbench.replay.run import brakes
from workbench.replay.run.brakes import Brakes, lag_limit

if TYPE_CHECKING:
    from workbench.model.feeds import Progress

BASE_MS = 1_700_000_000_000
VALUES = [b"v%d" % at for at in range(6)]


@dataclass
class Watched:
    """A run that is under way, and all that it told."""

    control: RunControl = field(default_factory=RunControl)
    told: list[Progress] = field(default_factory=list)

    @property
    def records(self) -> int:
        return dict(self.told[-1].counts)["records"] if self.told else 0

    @property
    def note(self) -> str:
        return self.told[-1].note if self.told else ""


@pytest.fixture
async def topics(bench, monkeypatch):
    """A source of six records, a second apart, and a target; batches of two records."""
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    source, target = await bench.topic(1), await bench.topic(1)
    records = [NewRecord(source, b"k", value, (), 0, BASE_MS + 1000 * at) for at, value in enumerate(VALUES)]
    await write(bench.log, records)
    return source, target


async def values(bench, target):
    return [record.value for record in await read_all(bench.log, target)]


async def start(bench, topics, **options):
    source, target = topics
    plan = await bench.plan(await select(bench.log, source, **options), target)
    watched = Watched()
    run = asyncio.ensure_future(bench.run(plan, control=watched.control, progress=watched.told.append))
    return run, watched


async def test_original_distances_are_kept_divided_by_the_speed(bench, topics):
    clock = asyncio.get_running_loop().time
    begun = clock()
    run, watched = await start(bench, topics, speed=10)
    report = await run
    assert report.state == "verified", repr(report)
    assert clock() - begun >= 0.5, "five seconds, ten times as fast"
    assert await values(bench, topics[1]) == VALUES
    assert all(dict(progress.counts).get("behind_ms", 0) < 60_000 for progress in watched.told)


async def test_paused_and_resumed(bench, topics):
    run, watched = await start(bench, topics, speed=10)
    watched.control.pause()
    await until(lambda: watched.note == "paused")
    there = watched.records
    assert there < 6
    watched.control.pause()
    watched.control.resume()
    assert (await run).state == "verified"
    assert await values(bench, topics[1]) == VALUES
    assert watched.control.waited_s > 0


async def test_cancelled_while_it_is_paused(bench, topics):
    run, watched = await start(bench, topics, speed=10)
    watched.control.pause()
    await until(lambda: watched.note == "paused")
    watched.control.cancel()
    report = await run
    assert (report.state, report.error) == ("stopped", "stopped on request")
    assert report.counts["acked"] == watched.records
    assert await values(bench, topics[1]) == VALUES[: watched.records]


async def test_a_group_that_falls_behind_holds_the_run_until_it_catches_up(bench, topics, monkeypatch):
    monkeypatch.setattr(brakes, "EVERY_S", 0.02)
    target = TopicPartition(topics[1], 0)
    group = bench.name("reader")
    await bench.log.commit_offsets(group, {target: 0})
    run, watched = await start(
        bench, topics, speed=10, brake_groups=[group], brake_lag=1, accept_groups=[group], writer="idempotent"
    )
    await until(lambda: f"group {group} fell behind" in watched.note)
    assert watched.records < 6
    await bench.log.commit_offsets(group, {target: 6})
    assert (await run).state == "verified"
    assert await values(bench, topics[1]) == VALUES


async def test_errors_hold_the_run_and_stop_it_at_the_third_time(bench, topics):
    source, target = topics
    errors = await bench.topic(1)
    plan = await bench.plan(await select(bench.log, source, brake_topics=[errors], brake_growth=1), target)
    control = RunControl()
    watcher = Brakes(bench.log, plan, control)
    assert watcher.wanted
    await watcher.start()
    await watcher.look()
    assert control.waiting_for == ""
    for number in range(3):
        await write(bench.log, [NewRecord(errors, None, b"%d" % at, (), 0) for at in range(2)])
        await watcher.look()
        assert control.waiting_for == f"braked: {errors} gained 2 records"
        assert control.stop.is_set() == (number == 2)
        await watcher.look()
        assert control.waiting_for == ""
    assert control.stop_reason == f"stopped by its brake: {errors} gained 2 records, for the third time"


async def test_the_limit_of_lag_follows_the_rate(bench, topics):
    source, target = topics
    for options, limit in (({}, 10_000), ({"records_per_s": 7}, 70), ({"brake_lag": 3}, 3)):
        plan = await bench.plan(await select(bench.log, source, brake_groups=["g"], **options), target)
        assert lag_limit(plan.options) == limit
        assert plan.document["brakes"]["groups"] == ["g"]
        assert "waits when g falls behind" in repr(plan)
