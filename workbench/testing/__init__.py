"""Public tools for tests: clock, ids, event builders, an in-memory bus, a compliance suite and fault injection."""

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
