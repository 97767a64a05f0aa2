"""Python model of the explorer's view: tells which panes changed, and answers what a browser asks of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.errors import ValidationError
from workbench.text import StaticView, element, fragment, time_text, visible
from workbench.widgets.base.bundle import bundle_modules, bundle_styles
from workbench.widgets.base.stream import Streaming
from workbench.widgets.explorer.sections import section_blocks
from workbench.widgets.sheet.blocks import table_block

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from workbench.model.explorer import ExplorerFeed, ExplorerPane, PaneRow
    from workbench.widgets.base.messages import Message
    from workbench.widgets.base.stream import Tick
    from workbench.widgets.explorer.sections import Tree
    from workbench.widgets.sheet.blocks import Block

WINDOW_LIMIT = 400
"""Rows of one answer, whatever range the browser asks for."""
KEY_LIMIT = 1_000
FIELDS = 40
"""Fields of a form that a message may bring."""
STILL_ROWS = 20
_SHEET_STYLE = Path(__file__).parents[1] / "sheet" / "style.css"


class ExplorerView(Streaming):
    """Panes over one shared selection; the browser gets the rows on screen and the sections of the panes it shows.

    Args:
        feed: The panes; see `workbench.model.explorer.ExplorerFeed`.
        options: Options of `workbench.widgets.base.Widget`, and ``height``.
    """

    _esm = bundle_modules(Path(__file__).with_name("view.js"))
    _css = bundle_styles(_SHEET_STYLE, Path(__file__).with_name("style.css"))

    height = traitlets.Int(420).tag(sync=True)
    """Height of the tables in CSS pixels, 88 to 2,000."""
    pane = traitlets.Unicode("topics").tag(sync=True)
    """Name of the pane that is shown."""
    detail = traitlets.Unicode("record").tag(sync=True)
    """Name of the pane about the selected record that is shown."""

    kinds = (*Streaming.kinds, "window", "content", "press", "pick")

    def __init__(self, feed: ExplorerFeed, **options: Any) -> None:
        self.feed = feed
        self._shown: dict[str, Any] | None = None
        super().__init__(
            tick=self._next_tick,
            on_attached=feed.resume,
            on_detached=feed.pause,  # nothing is asked of the cluster while nobody looks
            name=visible(feed.name, 200),
            **options,
        )

    def close(self) -> None:
        """Close the view, and give back the memory."""
        if self.comm is not None:
            self.still.keep()
            self.feed.close()
        super().close()

    def _next_tick(self, *, forced: bool) -> Tick | None:
        content = {
            "state": visible(self.feed.state, 400),
            "panes": [_outline(pane) for pane in self.feed.panes],
            "details": [_outline(pane) for pane in self.feed.details],
            "topic": visible(self.feed.topic, 250),
            "record": visible(self.feed.record, 300),
            "wish": list(self.feed.wish),
        }
        if content == self._shown and not forced:
            return None
        self._shown = content
        return content, ()

    def on_content(self, message: Message) -> None:
        """Send what a pane shows beside its rows."""
        pane = self._pane(message)
        blocks = [block.packed() for block in section_blocks(pane.sections)]
        content = {
            "kind": "content",
            "request": message.request,
            "pane": pane.name,
            "version": pane.version,
            "inputs": [_field(one) for one in pane.inputs],
            "presses": [
                {"name": p.name, "label": p.label, "enabled": p.enabled, "danger": p.danger} for p in pane.presses
            ],
            "columns": [
                {"name": c.name, "title": c.title, "width": c.width_px, "numeric": c.numeric, "grow": c.grow}
                for c in pane.columns
            ],
            "order": pane.order,
        }
        self.post(content, [_packed(blocks)])

    def on_window(self, message: Message) -> None:
        """Send the rows of a range of a pane's table."""
        pane = self._pane(message)
        start, end = message.bounds()
        rows = pane.window(start, min(end, start + WINDOW_LIMIT, pane.row_count))
        content = {
            "kind": "rows",
            "request": message.request,
            "pane": pane.name,
            "version": pane.version,
            "start": start,
        }
        self.post(content, [_packed([_row(row) for row in rows])])

    def on_press(self, message: Message) -> None:
        """Do what a button of a pane says, with the values of its form."""
        pane, press = self._pane(message), message.text("press", limit=40)
        names, texts = message.texts("names", FIELDS), message.texts("values", FIELDS)
        if len(names) != len(texts):
            raise ValidationError("A message from the browser was refused: it names other fields than it has values.")
        self.serve(f"{pane.name} {press}", self._do(pane, press, dict(zip(names, texts, strict=True))))

    def on_pick(self, message: Message) -> None:
        """Take a row into the shared selection."""
        pane, key = self._pane(message), message.text("key", limit=KEY_LIMIT)
        take = pane.enter if message.choice("how", ("pick", "enter")) == "enter" else pane.pick
        self.serve(f"{pane.name} pick", self._take(take(key)))

    async def _do(self, pane: ExplorerPane, press: str, values: Mapping[str, str]) -> None:
        await pane.do(press, values)
        self.push()

    async def _take(self, taking: Coroutine[Any, Any, None]) -> None:
        await taking
        self.push()

    def _pane(self, message: Message) -> ExplorerPane:
        name = message.text("pane", limit=40)
        found = next((one for one in (*self.feed.panes, *self.feed.details) if one.name == name), None)
        if found is None:
            raise ValidationError(f"A message from the browser was refused: there is no pane {visible(name, 40)}.")
        return found

    def snapshot(self) -> StaticView:
        """Return the first rows of the panes, and the selected record, as static text; it outlives the kernel."""
        blocks = [block for pane in (*self.feed.panes, *self.feed.details) for block in _still_blocks(pane)]
        when = time_text(datetime.now(UTC), precision="s")
        texts = [f"{self.name}: {visible(self.feed.state, 400)} at {when}", *filter(None, (self.failure,))]
        body = fragment(
            *(element("p", text) for text in texts),
            *(block.element() for block in blocks),
            class_="workbench-snapshot",
        )
        return StaticView(body, "\n".join([*texts, *(block.text() for block in blocks)]))

    @traitlets.validate("height")
    def _check_height(self, proposal: dict[str, Any]) -> int:
        return max(88, min(int(proposal["value"]), 2_000))

    @traitlets.validate("pane", "detail")
    def _check_pane(self, proposal: dict[str, Any]) -> str:
        name, panes = str(proposal["value"]), self.feed.panes if proposal["trait"].name == "pane" else self.feed.details
        if name not in {one.name for one in panes}:
            known = ", ".join(one.name for one in panes)
            raise traitlets.TraitError(f"There is no pane {visible(name, 40)}; there are {known}.")
        return name


def _outline(pane: ExplorerPane) -> dict[str, Any]:
    return {
        "name": pane.name,
        "title": pane.title,
        "version": pane.version,
        "rows": pane.row_count,
        "busy": visible(pane.busy, 200),
        "note": visible(pane.note, 1_000),
        "failure": visible(pane.failure, 1_000),
        "picked": pane.picked,
    }


def _field(one: Any) -> dict[str, Any]:
    names = ("name", "label", "kind", "value", "hint", "live", "grow")
    return {**{name: getattr(one, name) for name in names}, "options": list(one.options)}


def _row(row: PaneRow) -> list[Any]:
    cells = [visible(cell) for cell in row.cells]
    return [row.key, cells, int(row.problem), [round(value, 2) for value in row.trend]]


def _packed(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _still_blocks(pane: ExplorerPane) -> Sequence[Block | Tree]:
    rows = pane.window(0, STILL_ROWS)
    made: list[Block | Tree] = []
    if rows:
        title = f"{pane.title}: {pane.note}"
        made.append(
            table_block(title, [c.title for c in pane.columns], [[cell[:100] for cell in r.cells] for r in rows])
        )
    return [*made, *section_blocks(pane.sections)]
