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

from workbench.errors import (
    OffsetOutOfRangeError,
    PublishError,
    RetryableError,
    SubscriptionError,
    TopicExistsError,
    ValidationError,
)
from workbench.eventbus import (
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    batch_publish_events,
    resilient_handler,
    setup_load_balanced_consumers,
)
from workbench.eventbus.compliance.builders import RecordingSleep, create_test_event, wait_until
from workbench.model.events.event import EventMessage, EventType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class EventBusComplianceTests:
    """Tests the behaviour that the contract promises of every event bus. Needs pytest-asyncio.

    Attributes:
        delivery_timeout_s: How long a delivery may take.
        repetitions: How often the delivery test is repeated.
    """

    delivery_timeout_s: ClassVar[float] = 15.0
    repetitions: ClassVar[int] = 20

    @pytest.fixture
    def event_bus(self) -> ProtocolEventBus:
        """Return the bus under test; override it, best with an async generator that closes the bus."""
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

    async def test_a_topic_is_created_once_in_one_shape(self, event_bus: ProtocolEventBus, topic: str) -> None:
        adapter = _adapter(event_bus)
        assert await adapter.create_topic(topic, 2) is True
        assert await adapter.create_topic(topic, 2) is True
        with pytest.raises(TopicExistsError):
            await adapter.create_topic(topic, 3)
        assert (await event_bus.get_topic_info(topic))["partition_count"] == 2

    async def test_a_partition_is_written_to_and_read_from(self, event_bus: ProtocolEventBus, topic: str) -> None:
        adapter = _adapter(event_bus)
        await adapter.create_topic(topic, 2)
        events = [create_test_event() for _ in range(3)]
        for event in events:
            assert await adapter.publish_to_partition(topic, 0, event) is True
        with pytest.raises(PublishError):
            await adapter.publish_to_partition(topic, 9, create_test_event())
        found = await adapter.consume_from_partition(topic, 0, 1)
        assert [e.event_id for e in found] == [e.event_id for e in events[1:]]
        assert await adapter.consume_from_partition(topic, 1, 0) == []
        with pytest.raises(OffsetOutOfRangeError):
            await adapter.consume_from_partition(topic, 0, 4)

    async def test_a_transaction_is_seen_whole(self, event_bus: ProtocolEventBus, topic: str) -> None:
        adapter = _adapter(event_bus)
        await adapter.create_topic(topic, 1)
        event = create_test_event()
        assert await adapter.publish_to_partition(topic, 0, event, f"tx-{topic}") is True
        assert [e.event_id for e in await adapter.consume_from_partition(topic, 0, 0)] == [event.event_id]

    async def test_a_batch_keeps_one_bool_per_event(self, event_bus: ProtocolEventBus) -> None:
        events = [create_test_event() for _ in range(25)]
        events[11] = create_test_event(priority=99)
        done = await batch_publish_events(event_bus, events, batch_size=10)
        assert [type(one) for one in done] == [bool] * len(events)
        assert [index for index, one in enumerate(done) if not one] == [11]

    async def test_members_of_one_group_get_each_event_once(self, event_bus: ProtocolEventBus, topic: str) -> None:
        received: list[EventMessage] = []
        ends = await setup_load_balanced_consumers(event_bus, topic, _into(received), group_id=f"g_{topic}")
        events = [create_test_event() for _ in range(30)]
        for event in events:
            await event_bus.publish_event(event, target_topic=topic)
        await self._delivered(received, len(events))
        for end in ends:
            await end()
        assert sorted(e.event_id for e in received) == sorted(e.event_id for e in events)

    async def test_retries_and_dead_letters(self, event_bus: ProtocolEventBus, topic: str) -> None:
        letters: list[EventMessage] = []
        sleep = RecordingSleep()
        tries: list[str] = []

        async def failing(event: EventMessage) -> None:
            tries.append(event.event_id)
            raise RetryableError("not now")

        ends = [
            await event_bus.subscribe_to_topic("dead_letter_queue", f"dlq_{topic}", _into(letters)),
            await event_bus.subscribe_to_topic(
                topic,
                f"g_{topic}",
                resilient_handler(failing, dead_letters=event_bus, sleep=sleep),
            ),
        ]
        event = create_test_event(priority=7)
        await event_bus.publish_event(event, target_topic=topic)
        await self._delivered(letters)
        for end in ends:
            await end()
        assert (tries, sleep.waits_s) == ([event.event_id] * 3, [2.0, 4.0])
        letter = next(one for one in letters if one.metadata.causation_id == event.event_id)
        assert (letter.event_type, letter.metadata.source) == ("system.dead_letter", "error_handler")
        assert letter.metadata.correlation_id == event.metadata.correlation_id
        assert {"original_event", "error_message", "failed_at"} <= letter.payload.keys()
        assert letter.payload["error_message"] == "not now"

    async def _delivered(self, received: list[EventMessage], number: int = 1) -> None:
        await wait_until(lambda: len(received) >= number, timeout_s=self.delivery_timeout_s, what="delivery")

    def test_type_hints_can_be_read(self, event_bus: ProtocolEventBus) -> None:
        wanted = get_type_hints(ProtocolEventBus.publish_event)
        assert get_type_hints(type(event_bus).publish_event) == wanted


def _into(received: list[EventMessage]) -> Callable[[EventMessage], Awaitable[None]]:
    async def handler(event: EventMessage) -> None:
        received.append(event)

    return handler


def _adapter(event_bus: ProtocolEventBus) -> ProtocolKafkaAdapter:
    if not isinstance(event_bus, ProtocolKafkaAdapter):
        pytest.skip("this bus offers no partitions and positions: it is no ProtocolKafkaAdapter")
    return event_bus
