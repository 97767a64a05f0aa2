from __future__ import annotations

from workbench.bus.memory import MemoryLog
from workbench.live.partitions import new_spans
from workbench.model import NewRecord, Span, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics


async def test_new_partitions_begin_at_their_first_offset() -> None:
    async with MemoryLog("partitions") as log:
        await log.create_topic("orders", partitions=1)
        selection, known = parse_topics("ord*"), [TopicPartition("orders", 0)]
        assert await new_spans(log, selection, known) == []
        await log.add_partitions("orders", 2)
        await log.create_topic("order.lines", partitions=1)
        await log.create_topic("bills", partitions=1)
        async with log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"x", partition=1) for _ in range(3)])
        await log.delete_records({TopicPartition("orders", 1): 2})
        found = await new_spans(log, selection, known)
        ids = {info.name: info.topic_id for info in await log.describe()}
        lines, orders = ids["order.lines"], ids["orders"]
        assert found == [Span("order.lines", 0, 0, None, lines), Span("orders", 1, 2, None, orders)]
