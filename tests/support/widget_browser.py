"""The far end of a widget: a comm that records messages, and a browser that the test plays."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from comm.base_comm import BaseComm

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.widgets.base.model import Widget

PATIENCE_S = 10.0


class RecordingComm(BaseComm):
    """A comm whose far end is the test."""

    def __init__(self, **options: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self.states: list[dict[str, Any]] = []
        super().__init__(**options)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        if isinstance(data, dict) and data.get("method") == "custom":
            self.sent.append((data["content"], list(buffers or ())))
        elif isinstance(data, dict) and "state" in data:
            self.states.append(data["state"])


class Browser:
    """Says what a browser would say, and sees what it would see."""

    def __init__(self) -> None:
        self.widgets: list[Widget] = []

    def show(self, widget: Widget) -> Widget:
        self.widgets.append(widget)
        self.says(widget, {"kind": "ready"})
        return widget

    @staticmethod
    def says(widget: Widget, content: object) -> None:
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        widget.comm.handle_msg(message)

    @staticmethod
    def sets(widget: Widget, **state: object) -> None:
        data = {"method": "update", "state": state, "buffer_paths": []}
        widget.comm.handle_msg({"content": {"data": data}, "buffers": []})

    @staticmethod
    def sent(widget: Widget, kind: str) -> list[dict[str, Any]]:
        return [content for content, _ in widget.comm.sent if content["kind"] == kind]

    @staticmethod
    def buffers(widget: Widget, kind: str) -> list[list[bytes]]:
        return [buffers for content, buffers in widget.comm.sent if content["kind"] == kind]

    async def until(self, condition: Callable[[], object]) -> None:
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < limit, "the condition did not come true"
            await asyncio.sleep(0.01)

    async def acknowledge(self, widget: Widget, condition: Callable[[], object]) -> None:
        """Answer every tick until the condition holds."""
        done = 0
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < limit, "the condition did not come true"
            for tick in self.sent(widget, "tick")[done:]:
                self.says(widget, {"kind": "ack", "number": tick["number"]})
                done += 1
            await asyncio.sleep(0.01)
