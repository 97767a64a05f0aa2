"""The in-memory event bus, under the class name that the event-bus contract uses for tests."""

from __future__ import annotations

import uuid
from typing import Any

from workbench.bus import open_log
from workbench.eventbus import EventBus


class MockEventBusImplementation(EventBus):
    """An event bus in memory, with partitions, consumer groups and transactions; its data is lost when it is closed.

    Args:
        name: Buses of one name share a cluster; a new one unless given.
        options: Options of `workbench.EventBus`; missing topics are created.
    """

    def __init__(self, name: str | None = None, **options: Any) -> None:
        options.setdefault("create_missing", True)
        super().__init__(open_log(f"memory://{name or uuid.uuid4().hex}"), **options)
