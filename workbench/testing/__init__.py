"""A public kit for tests: clock, ids, builders, an embedded bus, a compliance suite, fault injection."""

from workbench.bus.memory import Faults
from workbench.eventbus.compliance import (
    CountingClock,
    CountingIds,
    EventBusComplianceTests,
    RecordingSleep,
    create_test_event,
    wait_until,
)
from workbench.testing.mock_bus import MockEventBusImplementation

__all__ = [
    "CountingClock",
    "CountingIds",
    "EventBusComplianceTests",
    "Faults",
    "MockEventBusImplementation",
    "RecordingSleep",
    "create_test_event",
    "wait_until",
]
