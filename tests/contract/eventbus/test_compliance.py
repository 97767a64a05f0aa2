"""The public compliance suite on our own bus, on both backends, and on a foreign minimal one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable  # noqa: TC003 - the suite reads type hints
from typing import TYPE_CHECKING, Any, Dict, Optional  # noqa: UP035 - the contract's spellings

import pytest

from workbench.errors import SubscriptionError, ValidationError
from workbench.eventbus.names import Namespace, default_route
from workbench.eventbus.publishing.validation import EventRules
from workbench.model.events.event import EventMessage  # noqa: TC001 - the suite reads type hints
from workbench.testing import EventBusComplianceTests, MockEventBusImplementation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from workbench.eventbus import EventBus


@pytest.mark.promise("PB-1", "PB-2", "PB-6", "PB-7", "PB-9", "PB-11", "TS-1", "TS-2", "TS-3", "TY-9")
class TestOurBus(EventBusComplianceTests):
    repetitions = 10

    @pytest.fixture
    def event_bus(self, bus: EventBus) -> EventBus:
        return bus


class ForeignBus:
    """The least that an event bus of somebody else must do: lists for topics, a list of handlers for each group."""

    def __init__(self) -> None:
        self.rules = EventRules("dev")
        self.records: dict[str, list[EventMessage]] = defaultdict(list)
        self.groups: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))

    async def publish_event(self, event_message: EventMessage, target_topic: Optional[str] = None) -> bool:  # noqa: UP045
        self.rules.check(event_message)
        topic = target_topic if target_topic is not None else default_route(event_message.event_type)
        Namespace("any", "dev").physical(topic)
        self.records[topic].append(event_message)
        for members in self.groups[topic].values():
            for handler, message_filter in members[:1]:
                if message_filter is None or message_filter(event_message):
                    await handler(event_message)
        return True

    async def subscribe_to_topic(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Optional[Callable[[EventMessage], bool]] = None,  # noqa: UP045
    ) -> Callable[[], Awaitable[None]]:
        try:
            Namespace("any", "dev").physical(topic)
        except ValidationError as error:
            raise SubscriptionError(str(error), topic=topic, group_id=group_id) from error
        members, one = self.groups[topic][group_id], (handler, message_filter)
        members.append(one)

        async def end() -> None:
            if one in members:
                members.remove(one)

        return end

    async def get_topic_info(self, topic: str) -> Dict[str, Any]:  # noqa: UP006
        exists = topic in self.records
        partitions = [{"id": 0, "count": len(self.records[topic])}] if exists else []
        groups = [{"group_id": name} for name in self.groups[topic]] if exists else []
        return {
            "exists": exists, "partition_count": len(partitions), "partitions": partitions, "consumer_groups": groups,
        }  # fmt: skip


@pytest.mark.promise("TS-1")
class TestAForeignBus(EventBusComplianceTests):
    @pytest.fixture
    def event_bus(self) -> ForeignBus:
        return ForeignBus()


@pytest.mark.promise("TS-4")
class TestTheMock(EventBusComplianceTests):
    repetitions = 100

    @pytest.fixture
    async def event_bus(self) -> AsyncIterator[MockEventBusImplementation]:
        async with MockEventBusImplementation() as mock:
            yield mock
