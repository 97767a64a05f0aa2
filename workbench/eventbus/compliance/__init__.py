"""The compliance kit: a test suite for any implementation of the contract, and the builders that it uses."""

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
