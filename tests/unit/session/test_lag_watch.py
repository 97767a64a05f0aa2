"""A lag watch outlives a broker that is away: a gap, and a note that says since when."""

from __future__ import annotations

import uuid

from workbench.bus.memory import MemoryLog
from workbench.lag.sampler import LagSampler
from workbench.model import NewRecord, TopicPartition
from workbench.session.lag import LagWatch
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
        assert watch.state == "live"
        log.faults.restore()
        await wait_until(lambda: watch.version > taken, what="sampling again")
        assert "no sample" not in watch.note
        assert watch.result.groups["lag"].tolist() == [1]
        await tasks.aclose()
    assert tasks.failures == ()
    assert watch.state == "stopped"
