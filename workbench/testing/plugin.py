"""A pytest plugin: an embedded event bus and its companions as fixtures, loaded where the package is installed.

Nothing of the package is imported before a fixture is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.eventbus.compliance import RecordingSleep
    from workbench.model.event import EventMessage
    from workbench.testing.mock_bus import MockEventBusImplementation


@pytest.fixture
def make_event() -> Callable[..., EventMessage]:
    """Give `workbench.testing.create_test_event`: valid events with counted ids and times."""
    from workbench.eventbus.compliance import create_test_event

    return create_test_event


@pytest.fixture
def recording_sleep() -> RecordingSleep:
    """Give a stand-in for ``asyncio.sleep`` that notes the seconds and returns at once."""
    from workbench.eventbus.compliance import RecordingSleep

    return RecordingSleep()


@pytest.fixture
def make_event_bus() -> Callable[..., MockEventBusImplementation]:
    """Give a factory of embedded buses; use each with ``async with``, which closes it."""
    from workbench.testing.mock_bus import MockEventBusImplementation

    def make(name: str | None = None, **options: Any) -> MockEventBusImplementation:
        return MockEventBusImplementation(name, **options)

    return make
