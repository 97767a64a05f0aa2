"""The contract's bus on both backends: the same tests, memory without a broker, Kafka with a real one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from workbench.bus import open_log
from workbench.eventbus import EventBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@pytest.fixture
def log_address(address: str) -> str:
    return address


@pytest.fixture
async def make_bus(log_address: str) -> AsyncIterator[Callable[..., EventBus]]:
    """Factory of buses in an environment of this test; closed and their topics deleted afterwards."""
    environment = f"t{uuid.uuid4().hex[:10]}"
    made: list[EventBus] = []
    async with open_log(log_address) as log:

        def make(**options: Any) -> EventBus:
            options.setdefault("environment", environment)
            options.setdefault("create_missing", True)
            bus = EventBus(open_log(log_address), **options)
            made.append(bus)
            return bus

        yield make
        for bus in made:
            await bus.aclose()
        own = tuple({f"{bus.topic_prefix}.{bus.environment}." for bus in made})
        for info in await log.describe():
            if info.name.startswith(own):
                await log.delete_topic(info.name)


@pytest.fixture
async def bus(make_bus: Callable[..., EventBus]) -> EventBus:
    made = make_bus()
    await made.start()
    return made
