"""Publishes many events: concurrently inside a batch, one batch after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from workbench.errors import PublishError, ValidationError
from workbench.eventbus.publishing.outcomes import PublishOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.eventbus.protocols import ProtocolEventBus
    from workbench.model.events.event import EventMessage


class _PublishesWithOutcome(Protocol):
    async def publish_outcome(self, event: EventMessage, target_topic: str | None = None) -> PublishOutcome: ...


async def publish_batch_outcomes(
    event_bus: ProtocolEventBus,
    events: Sequence[EventMessage],
    batch_size: int = 100,
) -> list[PublishOutcome]:
    """Publish events, ``batch_size`` at a time: concurrent inside a batch, batches one after the other.

    One failure loses no other event. Cancelling cancels what is under way and raises.

    Returns:
        One outcome per event at its index, errors included.
    """
    if batch_size < 1:
        raise ValidationError(
            f"batch_size is the number of events published at once; {batch_size} is below 1.",
            errors=[("batch_size", "must be at least 1", "int")],
        )
    outcomes: list[PublishOutcome] = []
    for start in range(0, len(events), batch_size):
        batch = events[start : start + batch_size]
        outcomes.extend(await asyncio.gather(*(_outcome(event_bus, event) for event in batch)))
    return outcomes


async def batch_publish_events(
    event_bus: ProtocolEventBus,
    events: Sequence[EventMessage],
    batch_size: int = 100,
) -> list[bool]:
    """Publish events in batches; True at an index means the broker acknowledged that event.

    The errors of the others are in `publish_batch_outcomes`.
    """
    return [outcome.acknowledged for outcome in await publish_batch_outcomes(event_bus, events, batch_size)]


async def _outcome(event_bus: ProtocolEventBus, event: EventMessage) -> PublishOutcome:
    event_id = str(getattr(event, "event_id", ""))
    try:
        if hasattr(event_bus, "publish_outcome"):
            return await cast("_PublishesWithOutcome", event_bus).publish_outcome(event)
        done = await event_bus.publish_event(event)
    except PublishError as error:
        status = "unknown" if error.cause_code == "timeout" else "failed"
        return PublishOutcome(event_id, status, error.topic, error.partition, reason=str(error), error=error)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - one event's failure must not lose another's
        return PublishOutcome(event_id, "failed", reason=str(error), error=error)
    return PublishOutcome(event_id, "acked" if done else "skipped")
