"""Checked by mypy, never run: what the public names of the contract are to a type checker."""

from collections.abc import Awaitable, Callable
from typing import Any, assert_type

import workbench
from workbench import (
    EventBus,
    EventBusConfiguration,
    EventMessage,
    EventMetadata,
    EventType,
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    PublishOutcome,
    SecurityContext,
)

GOOD: EventType = "user.created"


def event() -> EventMessage:
    return EventMessage("e", GOOD, {"n": 1}, EventMetadata("svc", "flow"), "2026-01-01T00:00:00Z")


async def handler(_event: EventMessage) -> None: ...


async def uses(bus: ProtocolEventBus, adapter: ProtocolKafkaAdapter) -> None:
    assert_type(await bus.publish_event(event()), bool)
    assert_type(await bus.subscribe_to_topic("t", "g", handler), Callable[[], Awaitable[None]])
    assert_type(await bus.get_topic_info("t"), dict[str, Any])
    assert_type(await adapter.create_topic("t"), bool)
    assert_type(await adapter.publish_to_partition("t", 0, event()), bool)
    assert_type(await adapter.consume_from_partition("t", 0, 0), list[EventMessage])
    assert_type(await workbench.batch_publish_events(bus, [event()]), list[bool])
    assert_type(await workbench.publish_batch_outcomes(bus, [event()]), list[PublishOutcome])
    assert_type(event().security_context, SecurityContext | None)
    made = await workbench.create_event_bus_from_config(EventBusConfiguration(backend_type="kafka"))
    assert_type(made, EventBus)
    as_bus: ProtocolEventBus = made
    as_adapter: ProtocolKafkaAdapter = made
    await uses(as_bus, as_adapter)
