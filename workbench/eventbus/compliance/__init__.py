"""The compliance kit: a test suite for implementations of the event-bus protocols, and builders of test events."""

from workbench.eventbus.compliance.builders import (
    CountingClock,
    CountingIds,
    RecordingSleep,
    create_test_event,
    wait_until,
)
from workbench.eventbus.compliance.suite import EventBusComplianceTests

__all__ = [
    "CountingClock",
    "CountingIds",
    "EventBusComplianceTests",
    "RecordingSleep",
    "create_test_event",
    "wait_until",
]
