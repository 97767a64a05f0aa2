"""Python model of the lineage panel: a sheet of one page of source records, which lists and buttons turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

from workbench.errors import WorkbenchError
from workbench.model.lineage import LineagePage, Only
from workbench.text import counted, number_text, partition_text, visible
from workbench.widgets.lineage_panel.blocks import log_block, page_block, unmatched_block
from workbench.widgets.sheet.blocks import lines_block
from workbench.widgets.sheet.choices import Choices, Press, choice
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from workbench.model.lineage import LineageFeed
    from workbench.widgets.sheet.blocks import Block

PAGE_ROWS = 25
"""Source records of a page."""
_ONLY: dict[Only, str] = {
    "all": "all records",
    "changed": "with a changed output",
    "no output": "without output",
    "failed": "that failed",
    "missing": "whose output the view does not have",
}
_LEVELS = ("all lines", "warnings")
_FIRST = -(2**63)


class LineagePanel(Sheet):
    """Shows source records, what a transform made of each, and its log.

    Args:
        feed: The run; see `workbench.model.lineage.LineageFeed`.
        part: The partition that is shown first, by its place in the feed.
        start: The offset that it is shown from.
        options: Options of `workbench.widgets.base.Widget`.
    """

    def __init__(self, feed: LineageFeed, *, part: int = 0, start: int = _FIRST, **options: Any) -> None:
        super().__init__(choose=self.choose, name=visible(feed.name, 200), **options)
        self.feed = feed
        self._part = part
        self._only: Only = "all"
        self._warnings = False
        self._starts = [start]
        self._page = self._read()
        self._shown()

    @property
    def page(self) -> LineagePage:
        """The source records that are shown."""
        return self._page

    async def choose(self, name: str, option: int) -> None:
        """Turn the page or choose what it shows: what the lists and buttons do."""
        if name == "log":
            self._warnings = option == 1
            self._shown()
            return
        if name == "later" and self._page.next is not None:
            self._starts.append(self._page.next)
        elif name == "earlier":
            self._starts.pop()
        else:
            self._starts = [_FIRST]
        if name == "partition":
            self._part = option
        elif name == "only":
            self._only = self._choosable()[option]
        self.show("reading", self._blocks)
        try:
            self._page = await asyncio.to_thread(self._read)
        except WorkbenchError as error:
            self._page = LineagePage((), None, 0)
            self._shown(failure=str(error))
        else:
            self._shown()

    def _read(self) -> LineagePage:
        if not self.feed.partitions:
            return LineagePage((), None, 0)
        return self.feed.page(self._part, self._starts[-1], PAGE_ROWS, self._only)

    def _choosable(self) -> list[Only]:
        return [one for one in get_args(Only) if self.feed.compared or one != "missing"]

    def _shown(self, failure: str = "") -> None:
        rows = self._page.rows
        where = f"offsets {number_text(rows[0].offset)} to {number_text(rows[-1].offset)}" if rows else "no records"
        looked = "" if self._only == "all" else f", {counted(self._page.looked_at, 'record')} looked at"
        blocks: list[Block] = [lines_block("Run", list(self.feed.remarks)), self._choices()]
        if self.feed.partitions:
            blocks.append(page_block(*self.feed.partitions[self._part], self._page, compared=self.feed.compared))
        if self.feed.unmatched:
            blocks.append(unmatched_block(self.feed.unmatched))
        blocks.append(log_block(self.feed, warnings=self._warnings))
        self.show("failed" if failure else f"{where}{looked}", blocks, note=failure)

    def _choices(self) -> Choices:
        parts = [partition_text(topic, partition) for topic, partition in self.feed.partitions]
        only = self._choosable()
        return Choices(
            "What is shown",
            (
                choice("partition", "Partition", parts, self._part),
                choice("only", "Records", [_ONLY[one] for one in only], only.index(self._only)),
                Press("earlier", "Earlier", enabled=len(self._starts) > 1),
                Press("later", "Later", enabled=self._page.next is not None),
                choice("log", "Log", _LEVELS, int(self._warnings)),
            ),
        )
