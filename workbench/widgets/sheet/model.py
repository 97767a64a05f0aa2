"""Python model of a sheet: blocks of text under or beside a chart or a form; sends nothing to a closed page."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.text import StaticView, element, fragment, time_text, visible
from workbench.widgets.base.bundle import bundle_modules, bundle_styles
from workbench.widgets.base.stream import Streaming
from workbench.widgets.sheet.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from workbench.widgets.base.messages import Message
    from workbench.widgets.base.stream import Tick
    from workbench.widgets.sheet.blocks import Block


class Sheet(Streaming):
    """Shows blocks of text, and refreshes the panel that it belongs to while a browser shows it.

    Args:
        name: Title; the accessible name.
        refresh: Called before a tick, at most once in ``every_s``, while a browser shows the sheet; updates the panel.
        every_s: Least time between two calls, in seconds.
        choose: Called with the name of a choice that is shown and the option that was chosen.
        options: Options of `Widget`.
    """

    _esm = bundle_modules(Path(__file__).with_name("view.js"))
    _css = bundle_styles(Path(__file__).with_name("style.css"))

    kinds = (*Streaming.kinds, "choose")

    _blocks: tuple[Block, ...] = ()
    _state = ""
    _note = ""

    def __init__(
        self,
        *,
        refresh: Callable[[], None] | None = None,
        every_s: float = 1.0,
        choose: Callable[[str, int], Coroutine[Any, Any, None]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(tick=self._next_tick, on_attached=self._refresh_soon, **options)
        self._refresh = refresh
        self._every_s = every_s
        self._choose = choose
        self._refreshed_at = float("-inf")

    def show(self, state: str, blocks: Sequence[Block], *, note: str = "") -> None:
        """Show a state and blocks from the next tick on."""
        shown = (visible(state, 200), tuple(blocks), visible(note, 1_000))
        if shown != (self._state, self._blocks, self._note):
            self._state, self._blocks, self._note = shown
            self.push()

    def on_choose(self, message: Message) -> None:
        """Take a choice or a press of a button, if it is one of those that are shown."""
        name, option = message.text("name", limit=80), message.number("option")
        shown = [block for block in self._blocks if isinstance(block, Choices)]
        if self._choose is None or not any(block.accepts(name, option) for block in shown):
            text = "A choice of the browser was refused: it is not among those that are shown."
            raise ValidationError(text, errors=[("option", text, "int")])
        self.serve("choice", self._choose(name, option))

    def _refresh_soon(self) -> None:
        self._refreshed_at = float("-inf")

    def _next_tick(self, *, forced: bool) -> Tick | None:
        now = time.monotonic()
        if self._refresh is not None and now - self._refreshed_at >= self._every_s:
            self._refreshed_at = now
            self._refresh()
        # `refresh` may have called `show`, which asks for a tick after `forced` was determined.
        if not forced and not self._due:
            return None
        blocks = [block.packed() for block in self._blocks]
        return {"state": self._state, "note": self._note, "blocks": blocks}, ()

    def snapshot(self) -> StaticView:
        """Return what is shown now as static text."""
        line = f"{self.name}: {self._state} at {time_text(datetime.now(UTC), precision='s')}"
        texts = [line, *filter(None, (self._note, self.failure))]
        body = fragment(
            *(block.element() for block in self._blocks),
            *(element("p", text) for text in texts),
            class_="workbench-snapshot",
        )
        return StaticView(body, "\n".join([*(block.text() for block in self._blocks), *texts]))
