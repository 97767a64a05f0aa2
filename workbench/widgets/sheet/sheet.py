"""A sheet of text under or beside a chart or a form: bounded, escaped, and quiet when nobody looks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.text import StaticView, element, fragment, visible
from workbench.widgets.base.stream import Streaming
from workbench.widgets.base.widget import module_text, style_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.widgets.base.stream import Tick
    from workbench.widgets.sheet.blocks import Block


class Sheet(Streaming):
    """Shows blocks of text, and carries the pulse of the panel that it belongs to.

    Args:
        name: Title; the accessible name.
        refresh: Called before a tick, at most once each ``every_s``, while somebody looks: it updates the panel.
        every_s: Least time between two calls.
    """

    _esm = module_text(Path(__file__).with_name("view.js"))
    _css = style_text(Path(__file__).with_name("style.css"))

    _blocks: tuple[Block, ...] = ()
    _state = ""
    _note = ""

    def __init__(self, *, refresh: Callable[[], None] | None = None, every_s: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self._refresh = refresh
        self._every_s = every_s
        self._refreshed_at = float("-inf")

    def show(self, state: str, blocks: Sequence[Block], *, note: str = "") -> None:
        """Show this from the next tick on."""
        shown = (visible(state, 200), tuple(blocks), visible(note, 1_000))
        if shown != (self._state, self._blocks, self._note):
            self._state, self._blocks, self._note = shown
            self.push()

    def attached(self) -> None:
        """Somebody looks: bring the panel up to date."""
        self._refreshed_at = float("-inf")

    def tick(self, *, forced: bool) -> Tick | None:
        """Refresh the panel when it is time, and send what the sheet shows when that is new."""
        now = time.monotonic()
        if self._refresh is not None and now - self._refreshed_at >= self._every_s:
            self._refreshed_at = now
            self._refresh()
        if not forced and not self._due:
            return None
        blocks = [block.packed() for block in self._blocks]
        return {"state": self._state, "note": self._note, "blocks": blocks}, ()

    def snapshot(self) -> StaticView:
        """Keep what is shown as static text."""
        line = f"{self.name}: {self._state} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        words = [line, *filter(None, (self._note, self.failure))]
        body = fragment(
            *(block.element() for block in self._blocks),
            *(element("p", text) for text in words),
            class_="workbench-snapshot",
        )
        return StaticView(body, "\n".join([*(block.text() for block in self._blocks), *words]))
