"""A feed hands out its batches in order, and waits for more until its end."""

from __future__ import annotations

import asyncio

from workbench.bus.kafka.producing.feeds import Feed
from workbench.bus.kafka.producing.queues import RecordBatch
from workbench.model import TopicPartition


def batch(row):
    return RecordBatch([row], [], [])


def feed():
    return Feed(TopicPartition("topic", 0), [].append)


async def test_batches_come_in_order_and_it_ends():
    made = feed()
    made.put([batch(1), batch(2)])
    assert await made.more()
    assert [made.take().rows, made.take().rows, made.take()] == [[1], [2], None]
    waiting = asyncio.ensure_future(made.more())
    await asyncio.sleep(0)
    assert not waiting.done()
    made.put([batch(3)])
    assert await waiting
    made.end()
    assert await made.more()
    assert made.take().rows == [3]
    assert not await made.more()


async def test_waiting_for_a_task_ends_with_news_too():
    made, task = feed(), asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(made.news_or(task))
    await asyncio.sleep(0)
    assert not waiting.done()
    made.put([batch(1)])
    await waiting
    made.take()
    made.end()
    waiting = asyncio.ensure_future(made.news_or(task))
    await asyncio.sleep(0)
    assert not waiting.done()
    task.set_result(None)
    await waiting
