"""Python model of the live event table: the kernel keeps the rows, the browser gets those on screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.errors import ValidationError
from workbench.text import counted, visible
from workbench.widgets.base.bundle import RECORD_STYLE, bundle_modules, bundle_styles
from workbench.widgets.base.stream import TICK_S, Streaming
from workbench.widgets.live_tail.columns import checked_columns, column_dicts
from workbench.widgets.live_tail.snapshot import tail_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.feeds import Identity, Row, RowFeed, RowStats
    from workbench.text import StaticView
    from workbench.widgets.base.messages import Message
    from workbench.widgets.base.stream import Tick

ROW_PX = 22
OVERSCAN_ROWS = 10
"""Rows above and below the visible ones; the view has the same two numbers in ``geometry.mjs``."""
TURNED_PAGE_S = 0.2
"""Least time between two ticks whose pages have no row in common."""
WINDOW_LIMIT = 400
"""Rows of one answer, whatever range the browser asks for."""
SELECTION_LIMIT = 10_000
"""Rows that can be selected by hand: Python gets each as an object. For more there is a condition in SQL."""


class LiveTail(Streaming):
    """A table of recent records that follows the log, pauses, filters, and tells Python which records are selected.

    Args:
        feed: Supplies the rows; see `workbench.model.feeds.RowFeed`.
        columns: Names of the columns to show; the others can be chosen in the table.
        height: Height of the rows in CSS pixels.
        follow: Whether to show the newest rows as they come.
        supervisor: Owner of the tasks.
    """

    _esm = bundle_modules(Path(__file__).with_name("view.js"))
    _css = bundle_styles(RECORD_STYLE, Path(__file__).with_name("style.css"))

    columns = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Name, title, width in CSS pixels, alignment and visibility of each column."""
    order = traitlets.Unicode("").tag(sync=True)
    """Column by which the rows held are sorted, with ``-`` before it for descending; reading waits meanwhile."""
    height = traitlets.Int(440).tag(sync=True)
    """Height of the rows in CSS pixels, 88 to 4,000."""
    follow = traitlets.Bool(default_value=True).tag(sync=True)
    """Whether the newest rows are shown as they come. While it is off, the rows stay and only the counters change."""
    filter = traitlets.Unicode("").tag(sync=True)
    """Words that must occur in a record, or a condition: ``where partition = 3``."""
    selected = traitlets.Tuple()
    """Records selected in the table, as `workbench.model.feeds.Identity`; set it to select from Python."""

    kinds = (*Streaming.kinds, "window", "select", "record", "stop")

    def __init__(self, feed: RowFeed, *, columns: Sequence[str] | None = None, **options: Any) -> None:
        self._known_columns = column_dicts(feed.columns, columns)
        self._picked: dict[Identity, None] = {}
        self._anchored: dict[Identity, None] = {}
        self._picks = 0
        self._shown: RowStats | None = None
        super().__init__(
            tick=self._next_tick,
            on_attached=feed.resume,
            on_detached=feed.pause,  # a tail that feeds only this view reads nothing while nobody looks
            on_removed=self._removed,
            name=visible(feed.name, 200),
            columns=self._known_columns,
            **options,
        )
        self.feed = feed
        if self.filter:
            self.serve("filter", self._apply_filter(self.filter))
        if self.order:
            self._order_changed({"new": self.order})

    @property
    def stats(self) -> RowStats:
        """Counters of the feed at this moment."""
        return self.feed.stats

    async def stop(self, *, keep_rows: bool = False) -> None:
        """Stop reading, and give back the memory but for the newest rows.

        Args:
            keep_rows: Keep all rows that are held, to look at them; the button does this.
        """
        await (self.feed.stop() if keep_rows else self.feed.aclose())
        self.push()

    def close(self) -> None:
        """Close the view, stop reading, and give back the memory."""
        if self.comm is not None:
            self.still.keep()
            self.feed.close()
        super().close()

    def _removed(self) -> None:
        self.serve("stop", self.stop())

    def _next_tick(self, *, forced: bool) -> Tick | None:
        # The counters, and while following the newest page: the size does not depend on the event rate.
        stats = self.feed.stats
        if stats == self._shown and not forced:
            return None
        # Where no row stays on screen nobody can read, and to draw such pages is nearly all that the browser does.
        passed = self._shown is not None and self.follow and stats.end - self._shown.end > self._page_rows
        self._rest_s = TURNED_PAGE_S if passed else TICK_S
        self._shown = stats
        content: dict[str, Any] = {
            "view": stats.view,
            "base": stats.base,
            "end": stats.end,
            "total": stats.total,
            "held": stats.held,
            "dropped": stats.dropped,
            "behind": stats.behind,
            "state": stats.state,
            "note": visible(stats.note, 1_000),
            "filtering": stats.filtering,
            "order": self.order,
            "picked": len(self._picked),
            "picks": self._picks,
        }
        if not self.follow:
            return content, ()
        start = max(stats.base, stats.end - self._page_rows)
        return {**content, "start": start}, [self._packed(self.feed.window(start, stats.end))]

    def on_window(self, message: Message) -> None:
        """Send the rows of a range of the present view."""
        start, end = message.bounds()
        stats = self.feed.stats
        start = max(start, stats.base)
        end = max(min(end, stats.end, start + WINDOW_LIMIT), start)
        rows = self.feed.window(start, end)
        content = {"kind": "rows", "request": message.request, "view": stats.view, "start": start}
        self.post(content, [self._packed(rows)])

    def on_select(self, message: Message) -> None:
        """Select the records in a range of positions."""
        start, end = message.bounds()
        mode = message.choice("mode", ("replace", "toggle", "extend"))
        # The filter changed while the message was on its way: its positions mean other records now.
        if message.number("view") != self.feed.stats.view:
            return
        found = dict.fromkeys(self.feed.resolve(start, end, SELECTION_LIMIT + 1))
        if mode == "replace":
            self._anchored = {}
            picked = found
        elif mode == "toggle":
            picked = {key: None for key in (*self._picked, *found) if (key in self._picked) != (key in found)}
            self._anchored = picked
        else:
            picked = {**self._anchored, **found}
        if len(picked) > SELECTION_LIMIT:
            text = f"Only the first {counted(SELECTION_LIMIT, 'row')} were selected; choose more by a condition in SQL."
            picked = dict.fromkeys(list(picked)[:SELECTION_LIMIT])
            self.fail(ValidationError(text))
        self.selected = tuple(picked)

    def on_record(self, message: Message) -> None:
        """Send one whole record."""
        position = message.number("position")
        same_view = message.number("view") == self.feed.stats.view
        found = self.feed.resolve(position, position + 1, 1) if same_view else ()
        detail = self.feed.record(found[0]) if found else None
        if detail is None:
            raise ValidationError("This record is held no more; capture the topic to keep it.")
        content = {"kind": "record", "request": message.request, "facts": detail.facts, "headers": detail.headers}
        self.post({**content, "body": detail.body})

    def on_stop(self, _message: Message) -> None:
        """Stop reading: the Stop button was pressed."""
        self.serve("stop", self.stop(keep_rows=True))

    def snapshot(self) -> StaticView:
        """Return the first and the last rows as a static table, with the counters; it outlives the kernel."""
        return tail_snapshot(self.feed, self.name, self.columns, filter_text=self.filter)

    @property
    def _page_rows(self) -> int:
        return self.height // ROW_PX + 1 + OVERSCAN_ROWS

    def _packed(self, rows: Sequence[Row]) -> bytes:
        packed = [[row.cells, int(row.identity in self._picked), int(row.problem)] for row in rows]
        return json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")

    @traitlets.validate("height")
    def _check_height(self, proposal: dict[str, Any]) -> int:
        return max(88, min(int(proposal["value"]), 4_000))

    @traitlets.validate("columns")
    def _check_columns(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        # A browser sends widths and what is shown; all else stays as the feed says. The trait itself has the new value
        # already while a message of the browser is read.
        self._known_columns = checked_columns(proposal["value"], self._known_columns)
        return self._known_columns

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> tuple[Identity, ...]:
        return tuple(dict.fromkeys(proposal["value"]))[:SELECTION_LIMIT]

    @traitlets.observe("selected")
    def _selected_changed(self, change: dict[str, Any]) -> None:
        self._picked = dict.fromkeys(change["new"])
        self._picks += 1
        self.push()

    @traitlets.observe("follow")
    def _follow_changed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.order = ""
        self.push()

    @traitlets.observe("order")
    def _order_changed(self, change: dict[str, Any]) -> None:
        if hasattr(self, "feed"):
            if change["new"]:
                self.follow = False
            self.serve("sort", self._apply_order(change["new"]))

    async def _apply_order(self, order: str) -> None:
        await self.feed.set_order(order.removeprefix("-"), descending=order.startswith("-"))
        self.push()

    @traitlets.observe("filter")
    def _filter_changed(self, change: dict[str, Any]) -> None:
        if hasattr(self, "feed"):
            self.serve("filter", self._apply_filter(change["new"]))

    async def _apply_filter(self, text: str) -> None:
        await self.feed.set_filter(text)
        self._anchored = {}
        self.push()
