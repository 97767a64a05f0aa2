"""The pane of messages: the records of the selected topic, a page at a time, in both directions from any bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import ValidationError
from workbench.live.explorer.record_rows import RECORD_COLUMNS, RecordRows, RecordsPane
from workbench.model.explorer import Input, Press
from workbench.text import counted, is_position, number_text, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from workbench.config.views import SavedView
    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection
    from workbench.live.paging import Page

_COUNTS = ("50", "200", "1000")


class MessagesPane(RecordsPane):
    """Records of the selected topic."""

    name = "messages"
    title = "Messages"
    usual = tuple(column for column in RECORD_COLUMNS if column.name != "topic")

    def __init__(
        self, cluster: ExploredCluster, selection: Selection, view: Callable[[str, list[str]], SavedView]
    ) -> None:
        super().__init__(selection, view)
        self._cluster = cluster
        self.page: Page | None = None
        self.note = "Choose a topic in the pane Topics."
        selection.on_topic(self._topic_changed)

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input("topic", "Topic", "text", self._selection.topic, hint="a name, or orders/3@1842", grow=True),
            Input("partition", "Partition", "text", self.value("partition"), hint="all"),
            Input("start", "From", "text", self.value("start"), hint="end, -15m, 1200, @2026-…"),
            Input("count", "Records", "choice", self.value("count", _COUNTS[0]), _COUNTS),
            self.columns_input,
        )

    @property
    def presses(self) -> Sequence[Press]:
        there = self.page is not None
        return (
            Press("go", "Show"),
            Press("oldest", "Oldest"),
            Press("older", "Older", there),
            Press("newer", "Newer", there),
            Press("newest", "Newest"),
            self.save_press,
        )

    def saved(self) -> dict[str, str]:
        """Return what a saved view keeps of the form."""
        return {"messages_from": self.value("start"), "partition": self.value("partition")}

    async def restore(self, view: SavedView) -> None:
        """Fill the form as a saved view says, and read the messages."""
        self.values |= {"topic": view.topic, "start": view.messages_from, "partition": view.partition}
        self.show_columns(view.columns)
        if view.topic and (view.messages_from or view.partition):
            await self.work(self.press_go, "reading the messages of the view")
        self.changed()

    async def _topic_changed(self) -> None:
        self.values["topic"], self.values["partition"] = self._selection.topic, ""
        await self.work(self.press_newest, "reading the newest records")

    async def press_go(self) -> None:
        """Show the page at the bound, or at the position, that is typed."""
        typed = self.value("topic")
        if is_position(typed):
            await self._show(self._cluster.page(typed, count=self._count))
            await self._selection.take_topic(typed.rpartition("/")[0], by=self._topic_changed)
            return
        if typed != self._selection.topic:
            await self._check(typed)
        start = self.value("start")
        if not start or start == "end":
            await self.press_newest()
        else:
            await self._read(start=start)

    async def press_newest(self) -> None:
        """Show the newest records."""
        await self._read(end="end")

    async def press_oldest(self) -> None:
        """Show the oldest records."""
        await self._read(start="start")

    async def press_older(self) -> None:
        """Show the page before."""
        if self.page is not None:
            await self._turn_page(self.page.previous(), "the log starts here")

    async def press_newer(self) -> None:
        """Show the page behind."""
        if self.page is not None:
            await self._turn_page(self.page.next(), "nothing newer is there yet")

    @property
    def _count(self) -> int:
        text = self.value("count", _COUNTS[0])
        return int(text) if text in _COUNTS else int(_COUNTS[0])

    async def _check(self, topic: str) -> None:
        if topic:
            await self._cluster.topic_rows([topic])
        await self._selection.take_topic(topic, by=self._topic_changed)

    async def _read(self, **bound: Any) -> None:
        topic = self._selection.topic
        if not topic:
            raise ValidationError("No topic is chosen: type its name, or choose it in the pane Topics.")
        partition = self.value("partition")
        if partition and not partition.isdecimal():
            raise ValidationError(f"{visible(partition, 40)} is no partition: write its number, or nothing for all.")
        only = {"partition": int(partition)} if partition else {}
        await self._show(self._cluster.page([topic], count=self._count, **only, **bound))

    async def _show(self, coming: Awaitable[Page]) -> None:
        page = await coming
        self.page = page
        # The newest first, as it is what most people look for; the page itself is in order of time.
        self._records = RecordRows([page.table.take(pa.array(range(len(page) - 1, -1, -1), pa.int64()))])
        begins = ", ".join(
            f"{place.partition}: {number_text(at)} to {number_text(page.stop[place] - 1)}"
            for place, at in sorted(page.start.items())[:8]
            if page.stop[place] > at
        )
        self.note = (
            f"{counted(len(page), 'record')}, the newest first; offsets by partition {begins}"
            if begins
            else "no records"
        )
        self.changed()

    async def _turn_page(self, coming: Awaitable[Page], at_end: str) -> None:
        page = await coming
        if len(page):
            await self._show(_ready(page))
        else:
            self.note = f"{self.note.partition(' — ')[0]} — {at_end}"


async def _ready(page: Page) -> Page:
    return page
