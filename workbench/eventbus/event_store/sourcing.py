"""Stores every event of an environment by subscription, before its offset is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.eventbus.event_store.store import EventStore
    from workbench.eventbus.protocols import ProtocolEventBus
    from workbench.model.events.event import EventMessage

GROUP = "event_sourcing"


class EventSourcing:
    """Stores the events of ``all_events`` in streams by correlation id; after a restart its group goes on.

    A new group starts at the beginning of each topic where the bus has ``subscribe(start=...)``, as `EventBus` does.
    """

    def __init__(self, event_bus: ProtocolEventBus, event_store: EventStore) -> None:
        self._bus = event_bus
        self._store = event_store

    async def start(self) -> Callable[[], Awaitable[None]]:
        """Subscribe as group ``event_sourcing``; returns the function that ends the subscription.

        Raises:
            SubscriptionError: The subscription could not be set up.
        """
        subscribe = getattr(self._bus, "subscribe", None)
        if subscribe is not None:
            end: Callable[[], Awaitable[None]] = await subscribe(
                "all_events", GROUP, self._store_event, start="earliest"
            )
            return end
        return await self._bus.subscribe_to_topic("all_events", GROUP, self._store_event)

    async def _store_event(self, event: EventMessage) -> None:
        await self._store.append_event(
            stream_id=event.metadata.correlation_id,
            event_data=event.payload,
            event_type=event.event_type,
            metadata=event.metadata,
            event=event,
        )
