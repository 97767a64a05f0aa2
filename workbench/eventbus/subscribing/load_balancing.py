"""Shares the partitions of a topic among several members of one consumer group."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.eventbus.protocols import ProtocolEventBus
    from workbench.model.events.event import EventMessage


async def setup_load_balanced_consumers(
    event_bus: ProtocolEventBus,
    topic: str,
    handler: Callable[[EventMessage], Awaitable[None]],
    consumer_count: int = 3,
    group_id: str = "load_balanced_group",
) -> list[Callable[[], Awaitable[None]]]:
    """Subscribe several real members of one group; each event reaches one of them.

    Returns:
        The unsubscribe function of each member. When one member cannot join, those before it leave again.
    """
    ends: list[Callable[[], Awaitable[None]]] = []
    try:
        for _ in range(consumer_count):
            ends.append(await event_bus.subscribe_to_topic(topic, group_id, handler))  # noqa: PERF401 - joins in turn
    except BaseException:
        await asyncio.gather(*(end() for end in ends), return_exceptions=True)
        raise
    return ends
