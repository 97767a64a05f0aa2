"""What is selected, shared by all panes: a topic, a record, a group. Who is interested is told of a change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pyarrow as pa


class Selection:
    """The shared selection.

    Attributes:
        topic: Name of the topic; empty while none is selected.
        record: Position of the record; empty while none is selected.
        row: The record as one row of `workbench.live.search.columns.SEARCHED`.
        group: Id of the group.
        wish: A number that grows, and the pane that should be shown.
    """

    def __init__(self) -> None:
        self.topic = ""
        self.record = ""
        self.group = ""
        self.row: pa.Table | None = None
        self.wish = (0, "")
        self._topic_listeners: list[Callable[[], Awaitable[None]]] = []
        self._record_listeners: list[Callable[[], Any]] = []

    def on_topic(self, listener: Callable[[], Awaitable[None]]) -> None:
        """Await a function whenever another topic is selected."""
        self._topic_listeners.append(listener)

    def on_record(self, listener: Callable[[], Any]) -> None:
        """Call a function whenever another record is selected."""
        self._record_listeners.append(listener)

    def show(self, pane: str) -> None:
        """Ask for a pane to be shown."""
        self.wish = (self.wish[0] + 1, pane)

    async def take_topic(self, topic: str, *, by: Callable[[], Awaitable[None]] | None = None) -> None:
        """Select a topic.

        Args:
            topic: Its name.
            by: The listener that is not called: its pane selects the topic, and is at work on it.
        """
        if topic == self.topic:
            return
        self.topic = topic
        await asyncio.gather(*(listener() for listener in self._topic_listeners if listener != by))

    def take_record(self, position: str, row: pa.Table | None) -> None:
        """Select a record, whose row is at hand."""
        self.record, self.row = position, row
        for listener in self._record_listeners:
            listener()
