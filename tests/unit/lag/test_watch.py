"""A lag watch keeps its interval, stores a round before it shows it, and outlives a broker that is away.

Such a time is a gap, and a note says since when.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from itertools import pairwise

import pytest

from workbench.bus import silence
from workbench.bus.memory import MemoryLog
from workbench.errors import StorageFullError
from workbench.lag import watch as watch_module
from workbench.lag.sampler import LagSampler
from workbench.lag.watch import LagWatch
from workbench.model import NewRecord, TopicPartition
from workbench.tasks import Supervisor
from workbench.testing import wait_until


async def test_a_broker_that_is_away_is_a_gap():
    tasks = Supervisor()
    async with MemoryLog(uuid.uuid4().hex, timeout_s=0.3) as log:
        await log.create_topic("orders")
        async with log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"x", partition=0)])
        await log.commit_offsets("billing", {TopicPartition("orders", 0): 0})
        watch = LagWatch(LagSampler(log), name="lag", interval_s=0.05)
        tasks.spawn("watch", watch.run())
        await wait_until(lambda: watch.version >= 2, what="the first samples")
        log.faults.drop_connection()
        await wait_until(lambda: "no sample since" in watch.note, what="the note")
        taken = watch.version
        assert watch.state == "no answer"
        log.faults.restore()
        await wait_until(lambda: watch.version > taken, what="sampling again")
        assert watch.state == "live"
        assert "no sample" not in watch.note
        assert watch.result.groups["lag"].tolist() == [1]
        await tasks.aclose()
    assert tasks.failures == ()
    assert watch.state == "stopped"


async def test_a_round_that_takes_long_is_said_before_it_fails(monkeypatch):
    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        sampler, held = LagSampler(log), asyncio.Event()
        watch = LagWatch(sampler, name="lag", interval_s=0.02)
        task = asyncio.create_task(watch.run())
        await wait_until(lambda: watch.version >= 1, what="the first sample")
        answer = sampler.round

        async def late(**options):
            await held.wait()
            return await answer(**options)

        monkeypatch.setattr(sampler, "round", late)
        await wait_until(lambda: watch.state == "no answer", timeout_s=10, what="the silence")
        assert watch.note.startswith("no answer from the cluster for 3 s: ")
        assert "; sampled " in watch.note
        held.set()
        await wait_until(lambda: watch.state == "live", what="the answer")
        assert "no answer" not in watch.note
        task.cancel()
        await asyncio.wait([task])


async def test_a_cluster_that_answers_each_question_slowly_is_not_silent(monkeypatch):
    monkeypatch.setattr(silence, "SILENT_S", 0.6)
    monkeypatch.setattr(watch_module, "LONG_ROUND_S", 0.6)
    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        for number in range(20):
            await log.commit_offsets(f"group-{number}", {TopicPartition("orders", 0): 0})
        committed = log.committed

        async def slow(group_id):
            # Ten at once: two waves of them, so that a round takes longer than a silence.
            await asyncio.sleep(0.4)
            return await committed(group_id)

        monkeypatch.setattr(log, "committed", slow)
        watch = LagWatch(LagSampler(log), name="lag", interval_s=0.02)
        task = asyncio.create_task(watch.run())
        states, notes = set(), set()
        while watch.version < 2:
            states.add(watch.state)
            notes.add(watch.note)
            await asyncio.sleep(0.02)
        assert states <= {"waiting", "live"}
        assert "a round takes 0 s so far" in notes
        assert any(note.startswith("sampled ") and note.endswith("; a round takes 0 s so far") for note in notes)
        task.cancel()
        await asyncio.wait([task])


async def test_rounds_follow_each_other_with_their_interval():
    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        watch = LagWatch(LagSampler(log), name="lag", interval_s=0.02)
        task = asyncio.create_task(watch.run())
        await wait_until(lambda: watch.version >= 3, what="three rounds")
        task.cancel()
        await asyncio.wait([task])
        taken = watch.result.rounds[:3]
    assert {sample.interval_ms for sample in taken} == {20}
    starts = [sample.started_at_ms for sample in taken]
    assert all(later - earlier >= 15 for earlier, later in pairwise(starts))
    assert len({sample.round_id for sample in taken}) == 3


async def test_rounds_of_one_millisecond_have_numbers_of_their_own():
    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        watch = LagWatch(LagSampler(log), name="lag", interval_s=0.0)
        await watch.run(duration_s=0.3)
        taken = watch.result.rounds
    assert watch.state == "ended"
    assert len({sample.round_id for sample in taken}) == len(taken) > 1


async def test_a_first_round_is_always_taken_and_told():
    said = []
    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        watch = LagWatch(LagSampler(log), name="lag", interval_s=60, on_note=said.append)
        await watch.run(duration_s=0)
    assert len(watch.result.rounds) == 1
    assert said == [watch.note]
    assert said[0].startswith("sampled ")


async def test_a_recording_that_is_cancelled_finishes_the_round_it_stores():
    stored, begun, let_go = [], threading.Event(), threading.Event()

    def record(taken):
        begun.set()
        let_go.wait(5)
        stored.append(taken)

    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        watch = LagWatch(LagSampler(log), name="lag", interval_s=60, record=record)
        task = asyncio.create_task(watch.run())
        await wait_until(begun.is_set, what="storing")
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, let_go.set)
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(stored) == 1
    assert watch.state == "stopped"


async def test_a_recording_that_fails_ends_the_watch():
    def record(taken):
        raise StorageFullError("the disk is full", path="x")

    async with MemoryLog(uuid.uuid4().hex) as log:
        await log.create_topic("orders")
        watch = LagWatch(LagSampler(log), name="lag", interval_s=60, record=record)
        with pytest.raises(StorageFullError):
            await watch.run()
    assert (watch.state, watch.note, watch.version) == ("failed", "the disk is full", 0)
