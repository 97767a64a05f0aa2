"""The public compliance suite on our own bus, on both backends, and on a foreign minimal one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.testing import EventBusComplianceTests, MockEventBusImplementation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from workbench.bus.contract import EventBus


@pytest.mark.promise("PB-1", "PB-2", "PB-6", "PB-7", "PB-9", "PB-11", "TS-1", "TS-2", "TS-3", "TY-9")
class TestOurBus(EventBusComplianceTests):
    repetitions = 10

    @pytest.fixture
    def event_bus(self, bus: EventBus) -> EventBus:
        return bus


@pytest.mark.promise("TS-4")
class TestTheMock(EventBusComplianceTests):
    repetitions = 100

    @pytest.fixture
    async def event_bus(self) -> AsyncIterator[MockEventBusImplementation]:
        async with MockEventBusImplementation() as mock:
            yield mock
