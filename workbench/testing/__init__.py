"""Public tools for tests: clock, ids, event builders, an in-memory bus, a compliance suite and fault injection.

Each name is loaded when it is first used: pytest imports this package, for its plugin, at every start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.bus import memory
    from workbench.eventbus import compliance
    from workbench.testing import mock_bus

    return next(getattr(home, name) for home in (memory, compliance, mock_bus) if hasattr(home, name))


def __dir__() -> list[str]:
    return list(__all__)
