"""A suite that any implementation of the event-bus protocol can run: subclass it and give it a bus.

```python
class TestMyBus(EventBusComplianceTests):
    @pytest.fixture
    async def event_bus(self):
        async with MyBus() as bus:
            yield bus
```
"""

from __future__ import annotations

import asyncio
import inspect
import uuid
from typing import TYPE_CHECKING, ClassVar, get_args, get_type_hints

import pytest

from workbench.bus.contract import ProtocolEventBus
from workbench.errors import SubscriptionError, ValidationError
from workbench.model.event import EventMessage, EventType
from workbench.testing.builders import create_test_event, wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class EventBusComplianceTests:
    """Behaviour that every event bus of the contract has. Needs pytest-asyncio.

    Attributes:
        delivery_timeout_s: How long a delivery may take.
        repetitions: How often the delivery test is repeated.
    """

    delivery_timeout_s: ClassVar[float] = 15.0
    repetitions: ClassVar[int] = 20

    @pytest.fixture
    def event_bus(self) -> ProtocolEventBus:
        """Give the bus under test; override it, best with an async generator that closes the bus."""
        pytest.fail("A subclass of EventBusComplianceTests must override the fixture event_bus.", pytrace=False)

    @pytest.fixture
    def topic(self) -> str:
        """Give a logical topic that no other test uses."""
        return f"test_{uuid.uuid4().hex[:12]}"

    def test_it_satisfies_the_protocol(self, event_bus: ProtocolEventBus) -> None:
        assert isinstance(event_bus, ProtocolEventBus)

    @pytest.mark.parametrize("method", ["publish_event", "subscribe_to_topic", "get_topic_info"])
    def test_signatures_are_the_protocols(self, event_bus: ProtocolEventBus, method: str) -> None:
        wanted = inspect.signature(getattr(ProtocolEventBus, method))
        found = inspect.signature(getattr(type(event_bus), method))
        shape = [(p.name, p.kind, p.default) for p in wanted.parameters.values()]
        assert [(p.name, p.kind, p.default) for p in found.parameters.values()] == shape
        assert inspect.iscoroutinefunction(getattr(type(event_bus), method))

    async def test_an_acknowledged_publish_is_true(self, event_bus: ProtocolEventBus, topic: str) -> None:
        assert await event_bus.publish_event(create_test_event(), target_topic=topic) is True

    async def test_what_is_published_after_subscribing_is_delivered_once(
        self,
        event_bus: ProtocolEventBus,
        topic: str,
    ) -> None:
        for _ in range(self.repetitions):
            received: list[EventMessage] = []
            end = await event_bus.subscribe_to_topic(topic, f"g_{uuid.uuid4().hex[:8]}", _into(received))
            event = create_test_event()
            await event_bus.publish_event(event, target_topic=topic)
            await self._delivered(received)
            await end()
            assert [e.event_id for e in received] == [event.event_id]

    async def test_the_event_survives_the_round_trip(self, event_bus: ProtocolEventBus, topic: str) -> None:
        received: list[EventMessage] = []
        end = await event_bus.subscribe_to_topic(topic, "round_trip", _into(received))
        event = create_test_event(
            payload={"text": "Zürich \u2028 ✓", "nested": {"list": [1, -(2**63), 2.5, None, True]}, "empty": {}},
            priority=9,
            causation_id="cause-1",
            headers={"schema_version": "2.1.0", "region": "eu"},
            tenant_id="acme",
            permissions=["read", "write"],
            ip_address="::1",
        )
        await event_bus.publish_event(event, target_topic=topic)
        await self._delivered(received)
        await end()
        found = received[0]
        assert (found.event_id, found.event_type, found.payload) == (event.event_id, event.event_type, event.payload)
        assert (found.timestamp, found.security_context) == (event.timestamp, event.security_context)
        assert found.metadata.headers == event.metadata.headers
        assert (found.metadata.priority, found.metadata.causation_id) == (9, "cause-1")

    async def test_nothing_is_delivered_after_the_end(self, event_bus: ProtocolEventBus, topic: str) -> None:
        received: list[EventMessage] = []
        end = await event_bus.subscribe_to_topic(topic, "leaving", _into(received))
        await event_bus.publish_event(create_test_event(), target_topic=topic)
        await self._delivered(received)
        await end()
        await end()
        await event_bus.publish_event(create_test_event(), target_topic=topic)
        await asyncio.sleep(0.3)
        assert len(received) == 1

    async def test_a_filter_limits_delivery(self, event_bus: ProtocolEventBus, topic: str) -> None:
        high: list[EventMessage] = []
        low: list[EventMessage] = []
        ends = [
            await event_bus.subscribe_to_topic(topic, "high", _into(high), lambda e: e.metadata.priority >= 8),
            await event_bus.subscribe_to_topic(topic, "low", _into(low), lambda e: e.metadata.priority < 8),
        ]
        events = [create_test_event(priority=number) for number in range(11)]
        for event in events:
            await event_bus.publish_event(event, target_topic=topic)
        await wait_until(
            lambda: len(high) + len(low) >= len(events), timeout_s=self.delivery_timeout_s, what="delivery"
        )
        for end in ends:
            await end()
        assert sorted(e.metadata.priority for e in high) == [8, 9, 10]
        assert sorted(e.metadata.priority for e in low) == list(range(8))

    async def test_one_correlation_arrives_in_order(self, event_bus: ProtocolEventBus, topic: str) -> None:
        received: list[EventMessage] = []
        end = await event_bus.subscribe_to_topic(topic, "ordered", _into(received))
        events = [create_test_event(correlation_id="one-flow") for _ in range(50)]
        for event in events:
            await event_bus.publish_event(event, target_topic=topic)
        await self._delivered(received, len(events))
        await end()
        assert [e.event_id for e in received] == [e.event_id for e in events]

    async def test_an_invalid_event_names_every_fault(self, event_bus: ProtocolEventBus, topic: str) -> None:
        bad = create_test_event(event_id="", payload={"n": float("nan")}, priority=11)
        with pytest.raises(ValidationError) as caught:
            await event_bus.publish_event(bad, target_topic=topic)
        assert {path for path, _, _ in caught.value.errors} == {"event_id", "payload.n", "metadata.priority"}

    @pytest.mark.parametrize("event_type", get_args(EventType))
    async def test_every_event_type_publishes(self, event_bus: ProtocolEventBus, topic: str, event_type: str) -> None:
        assert await event_bus.publish_event(create_test_event(event_type=event_type), target_topic=topic) is True

    @pytest.mark.parametrize("bad", ["", "no spaces", "ü", "x" * 300, ".."])
    async def test_hostile_topic_names_are_refused(self, event_bus: ProtocolEventBus, bad: str) -> None:
        with pytest.raises(ValidationError):
            await event_bus.publish_event(create_test_event(), target_topic=bad)
        with pytest.raises(SubscriptionError):
            await event_bus.subscribe_to_topic(bad, "g", _into([]))

    async def test_topic_info_counts_partitions_and_groups(self, event_bus: ProtocolEventBus, topic: str) -> None:
        received: list[EventMessage] = []
        end = await event_bus.subscribe_to_topic(topic, "seen", _into(received))
        await event_bus.publish_event(create_test_event(), target_topic=topic)
        await self._delivered(received)
        await end()
        info = await event_bus.get_topic_info(topic)
        assert info["exists"] is True
        assert info["partition_count"] == len(info["partitions"]) > 0
        assert sum(partition["count"] for partition in info["partitions"]) >= 1
        assert any(group["group_id"].endswith("seen") for group in info["consumer_groups"])
        unknown = await event_bus.get_topic_info(f"{topic}_unknown")
        assert (unknown["exists"], unknown["partitions"]) == (False, [])

    async def _delivered(self, received: list[EventMessage], number: int = 1) -> None:
        await wait_until(lambda: len(received) >= number, timeout_s=self.delivery_timeout_s, what="delivery")

    def test_type_hints_can_be_read(self, event_bus: ProtocolEventBus) -> None:
        wanted = get_type_hints(ProtocolEventBus.publish_event)
        assert get_type_hints(type(event_bus).publish_event) == wanted


def _into(received: list[EventMessage]) -> Callable[[EventMessage], Awaitable[None]]:
    async def handler(event: EventMessage) -> None:
        received.append(event)

    return handler
