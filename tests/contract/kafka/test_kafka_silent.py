"""A broker is killed under a live table and a reader: both say that they know nothing, and go on when it is back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.bus.silence import SILENT_S
from workbench.errors import WorkbenchError
from workbench.live.following import follow_chunks
from workbench.live.tail import TailFeed
from workbench.model import NewRecord, Span
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

PATIENCE_S = 60.0
WITHIN_S = SILENT_S + 3
"""A silence is said at the latest after this; a busy machine is given some seconds more."""


async def until(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    limit = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < limit, "the condition did not come true"
        await asyncio.sleep(0.05)


async def write(log, topic: str, count: int) -> None:
    async with log.writer() as writer:
        outcomes = await writer.send([NewRecord(topic, value=b"%d" % at, partition=0) for at in range(count)])
    assert {outcome.status for outcome in outcomes} == {"acked"}


async def test_a_tail_does_not_claim_to_be_live(topic_name, tmp_path):
    try:
        broker = await asyncio.to_thread(local.up, port=0, data=tmp_path)
    except WorkbenchError as error:
        pytest.skip(f"The packaged broker is missing: {error}")
    address, name, tasks = f"kafka://{broker.bootstrap}", topic_name("wb-silent"), Supervisor()
    read: list[int] = []
    said: list[str] = []
    try:
        async with open_log(address, timeout_s=90) as log, open_log(address, timeout_s=4) as hasty:
            await log.create_topic(name)
            feed = TailFeed(hasty, [Span(name, 0, 0, None)], name="silent", supervisor=tasks).start()

            async def follow() -> None:
                async for chunk in follow_chunks(log, name, start="start", note=said.append):
                    read.extend(record.offset for record in chunk.rows())

            async def silent(held: int) -> None:
                await until(lambda: feed.stats.state == "no answer", WITHIN_S)
                assert feed.stats.behind is None
                assert "no answer from the cluster for" in feed.stats.note
                await until(lambda: said and said[-1].startswith("no answer from the cluster"), WITHIN_S)
                assert feed.stats.held == held

            async def answered(total: int) -> None:
                await write(log, name, 5)
                await until(lambda: feed.stats.total == total and feed.stats.behind == 0 and len(read) == total)
                assert (feed.stats.state, feed.stats.note) == ("live", "")

            tasks.spawn("follow", follow())
            await answered(5)

            os.kill(broker.pid, signal.SIGSTOP)
            await silent(5)
            os.kill(broker.pid, signal.SIGCONT)
            await answered(10)

            os.kill(broker.pid, signal.SIGKILL)
            await silent(10)
            # Its deadline of four seconds is over by then: it gave up that reader, and asks on.
            await until(lambda: "for 7 s" in feed.stats.note)
            assert (feed.stats.state, len(tasks.failures)) == ("no answer", 0)
            await asyncio.to_thread(local.up, port=broker.port, data=tmp_path)
            await answered(15)
            assert said[-1].startswith("the cluster answers again, after")
            await feed.aclose()
            await tasks.aclose()
    finally:
        await asyncio.to_thread(local.down, broker.port)
