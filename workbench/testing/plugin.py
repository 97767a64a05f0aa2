"""A pytest plugin with fixtures for an in-memory event bus; pytest loads it if the package is installed.

The package is imported when a test first uses one of the fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.eventbus.compliance import RecordingSleep
    from workbench.model.events.event import EventMessage
    from workbench.testing.mock_bus import MockEventBusImplementation


@pytest.fixture
def make_event() -> Callable[..., EventMessage]:
    """Return `workbench.testing.create_test_event`, which makes valid events with ascending ids and timestamps."""
    from workbench.eventbus.compliance import create_test_event

    return create_test_event


@pytest.fixture
def recording_sleep() -> RecordingSleep:
    """Return a replacement of ``asyncio.sleep`` that records the seconds and returns at once."""
    from workbench.eventbus.compliance import RecordingSleep

    return RecordingSleep()


@pytest.fixture
def make_event_bus() -> Callable[..., MockEventBusImplementation]:
    """Return a factory of in-memory buses; use each with ``async with``, which closes it."""
    from workbench.testing.mock_bus import MockEventBusImplementation

    def make(name: str | None = None, **options: Any) -> MockEventBusImplementation:
        return MockEventBusImplementation(name, **options)

    return make
