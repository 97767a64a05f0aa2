"""Reading by position passes offsets that compaction removed."""

from __future__ import annotations

import uuid

import pytest

from workbench.bus.memory import MemoryLog
from workbench.eventbus import EventBus
from workbench.model import TopicPartition
from workbench.testing import create_test_event


@pytest.mark.promise("KA-5")
async def test_holes_are_passed_and_the_end_is_reached():
    name = uuid.uuid4().hex
    log = MemoryLog(name)
    async with EventBus(log, create_missing=True) as bus:
        await bus.create_topic("user_events", 1)
        events = [create_test_event() for _ in range(6)]
        for event in events:
            await bus.publish_event(event)
        log.punch_holes(TopicPartition(bus.physical_name("user_events"), 0), [1, 2, 5])
        found = await bus.consume_from_partition("user_events", 0, 0)
        assert [e.event_id for e in found] == [events[n].event_id for n in (0, 3, 4)]
        assert [e.record.offset for e in await bus.consume_from_partition("user_events", 0, 2, 1)] == [3]
        assert await bus.consume_from_partition("user_events", 0, 6) == []
