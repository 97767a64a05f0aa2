"""What a tail finds while it runs is followed once, also where the cluster is slow or topics are short-lived."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workbench.bus.memory import MemoryLog
from workbench.live import discoveries
from workbench.live.partitions import new_spans
from workbench.live.tail import TailFeed
from workbench.model import NewRecord, Span, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.tasks import Supervisor
from workbench.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


async def write(log: MemoryLog, topic: str, count: int, partition: int = 0) -> None:
    async with log.writer() as writer:
        await writer.send([NewRecord(topic, value=b'{"n": 1}', partition=partition) for _ in range(count)])


async def test_partitions_are_not_new_because_a_slow_cluster_has_not_told_them_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.01)
    tasks, asked = Supervisor(), []
    async with MemoryLog("slow") as log:
        await log.create_topic("orders", partitions=2)
        for partition in range(2):
            await write(log, "orders", 20, partition)

        async def spans() -> list[Span]:
            await asyncio.sleep(0.2)
            return [Span("orders", partition, 10, None) for partition in range(2)]

        async def discover(known: Sequence[TopicPartition]) -> list[Span]:
            asked.append(known)
            return await new_spans(log, parse_topics("orders"), known)

        feed = TailFeed(log, spans, name="slow", supervisor=tasks, discover=discover).start()
        await wait_until(lambda: len(asked) > 3 and feed.stats.behind == 0, what="the records")
        assert (feed.stats.total, feed.stats.note) == (20, "")
        assert set(asked) == {(TopicPartition("orders", 0), TopicPartition("orders", 1))}
        await feed.aclose()
        await tasks.aclose()


async def test_a_new_partition_is_taken_up_once_however_long_that_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.01)
    tasks = Supervisor()
    async with MemoryLog("slow") as log:
        await log.create_topic("orders", partitions=1)
        offsets = log.offsets

        async def slow_offsets(partitions: Sequence[TopicPartition], *bound: Any, **options: Any) -> Any:
            found = await offsets(partitions, *bound, **options)
            if bound == ("latest",) and TopicPartition("orders", 1) in partitions:
                await asyncio.sleep(0.2)
            return found

        async def discover(known: Sequence[TopicPartition]) -> list[Span]:
            return await new_spans(log, parse_topics("orders"), known)

        monkeypatch.setattr(log, "offsets", slow_offsets)
        feed = TailFeed(log, [Span("orders", 0, 0, None)], name="slow", supervisor=tasks, discover=discover).start()
        await wait_until(lambda: feed.stats.state == "live", what="the beginning")
        await log.add_partitions("orders", 2)
        await write(log, "orders", 20, partition=1)
        await wait_until(lambda: feed.stats.total, what="the records of the new partition")
        await asyncio.sleep(0.5)
        assert (feed.stats.total, feed.stats.note) == (20, "orders/1 was added meanwhile, and is read from its start")
        await feed.aclose()
        await tasks.aclose()


async def test_a_topic_that_is_deleted_before_it_is_read_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.01)
    tasks, found = Supervisor(), [[Span("gone", 0, 0, None)]]
    async with MemoryLog("short-lived") as log:
        await log.create_topic("orders", partitions=1)

        async def discover(_: Sequence[TopicPartition]) -> list[Span]:
            return found.pop() if found else []

        feed = TailFeed(log, [Span("orders", 0, 0, None)], name="o", supervisor=tasks, discover=discover).start()
        await wait_until(lambda: not found, what="the look")
        await asyncio.sleep(0.3)
        await write(log, "orders", 5)
        await wait_until(lambda: feed.stats.total == 5 or feed.stats.state == "failed", what="the records")
        assert feed.stats.state == "live"
        await feed.aclose()
        await tasks.aclose()
        assert tasks.failures == ()
