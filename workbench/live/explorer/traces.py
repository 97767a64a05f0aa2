"""The pane of traces: the events that are related to the selected record, or to what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.live.explorer.pane import Pane
from workbench.model.explorer import PaneRow, Press, TextSection
from workbench.model.feeds import Column
from workbench.text import counted, duration_text, position_text, time_text, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.explorer.searching import SearchPane
    from workbench.live.explorer.selection import Selection
    from workbench.tracing.trace import Trace

_TREE_LINES = 200


class TracesPane(Pane):
    """Related events in order of time, and their tree."""

    name = "traces"
    title = "Traces"
    columns = (
        Column("time", "Time (UTC)", 200),
        Column("type", "Type", 200, ends=True, grow=True),
        Column("position", "Record", 200, ends=True),
        Column("source", "Source", 130, ends=True),
        Column("hop", "After its cause", 110, numeric=True),
        Column("effects", "Effects", 70, numeric=True),
    )

    def __init__(
        self,
        selection: Selection,
        search: SearchPane,
        open_record: Callable[[str], Awaitable[None]],
        draw: Callable[[Trace], None] | None,
    ) -> None:
        super().__init__()
        self._selection = selection
        self._search = search
        self._open_record = open_record
        self._draw = draw
        self.trace: Trace | None = None
        self.note = "No trace yet: select a record and press Trace, or trace what a search found."
        selection.on_record(self.changed)

    @property
    def presses(self) -> Sequence[Press]:
        return (
            Press("found", "Trace what the search found"),
            Press("draw", "Draw the graph", self.trace is not None and self._draw is not None),
        )

    @property
    def picked(self) -> str:
        return self._selection.record

    async def pick(self, key: str) -> None:
        """Read the record of an event, and select it."""
        if any(row.key == key for row in self.rows):

            async def opened() -> None:
                await self._open_record(key)

            await self.work(opened, "reading the record")

    def take(self, found: Explanation) -> None:
        """Show the relatives of a record."""
        self._show(found.trace, f"{found.position}; {found.read}")

    async def press_found(self) -> None:
        """Show the causal graph of what the search found."""
        found = self._search.found
        if found is None or not len(found):
            raise ValidationError("The search found nothing yet.")
        self._show(found.trace(), f"what the search found; {found.ended}")

    async def press_draw(self) -> None:
        """Draw the graph below the panes."""
        if self.trace is not None and self._draw is not None:
            self._draw(self.trace)

    def _show(self, trace: Trace | None, what: str) -> None:
        self.trace = trace
        if trace is None:
            self.rows, self.sections, self.note = (), (), f"Nothing is related: {what}"
        else:
            frame = trace.frame.astype(object).where(trace.frame.notna(), None)
            self.rows = [_row(row) for row in frame.to_dict("records")]
            self.sections = [TextSection("Tree", trace.tree(_TREE_LINES))]
            self.note = f"{counted(len(trace), 'event')} within what was read: {visible(what, 400)}"
        self.changed()


def _row(row: Mapping[Any, Any]) -> PaneRow:
    position = position_text(row["topic"], row["partition"], row["offset"])
    cells = (
        time_text(row["t"], precision="ms"),
        visible(row["event_type"] or "", 200),
        position,
        visible(row["source"] or "", 100),
        "" if row["hop_us"] is None else duration_text(row["hop_us"], "us", signed=True),
        str(row["effects"]),
    )
    return PaneRow(position, cells)
