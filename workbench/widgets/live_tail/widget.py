"""The live event table: the kernel keeps the rows, the browser gets what is on screen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.errors import ValidationError
from workbench.text import StaticView, element, fragment, table, text_table, visible
from workbench.widgets.base.stream import Streaming
from workbench.widgets.base.widget import module_text, style_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.model.feeds import Identity, Row, RowFeed, RowStats
    from workbench.widgets.base.messages import Message
    from workbench.widgets.base.stream import Tick

ROW_PX = 22
OVERSCAN_ROWS = 10
WINDOW_LIMIT = 400
"""Rows of one answer."""
SELECTION_LIMIT = 10_000
"""Rows that can be picked by hand; more is a matter for a condition."""
SNAPSHOT_HEAD = 10
SNAPSHOT_TAIL = 40


class LiveTail(Streaming):
    """A table of recent rows that follows, pauses, filters, and tells Python what was selected.

    Args:
        feed: Where the rows come from; see `workbench.model.feeds.RowFeed`.
        height: Height of the rows in CSS pixels.
        follow: Whether to show the newest rows as they come.
        supervisor: Owner of the tasks.
    """

    _esm = module_text(Path(__file__).with_name("view.js"))
    _css = style_text(Path(__file__).with_name("style.css"))

    columns = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Name, title, width and alignment of each column."""
    height = traitlets.Int(440).tag(sync=True)
    """Height of the rows in CSS pixels, 88 to 4,000."""
    follow = traitlets.Bool(default_value=True).tag(sync=True)
    """Show the newest rows as they come; while it is off, the view stands still and only counters move."""
    filter = traitlets.Unicode("").tag(sync=True)
    """Words that must occur, or a condition: ``where partition = 3``."""
    selected = traitlets.Tuple()
    """Records selected in the table, as `workbench.model.feeds.Identity`; set it to select from Python."""

    kinds = ("ready", "ack", "window", "select", "record", "stop")

    def __init__(self, feed: RowFeed, **options: Any) -> None:
        columns = [
            {"name": c.name, "title": visible(c.title, 60), "width": c.width_px, "numeric": c.numeric, "grow": c.grow}
            for c in feed.columns
        ]
        self._picked: dict[Identity, None] = {}
        self._anchored: dict[Identity, None] = {}
        self._picks = 0
        self._shown: RowStats | None = None
        super().__init__(name=visible(feed.name, 200), columns=columns, **options)
        self.feed = feed
        if self.filter:
            self.serve("filter", self._apply_filter(self.filter))

    @property
    def stats(self) -> RowStats:
        """Counters of the feed now."""
        return self.feed.stats

    async def stop(self) -> None:
        """End reading; what is held can still be looked at."""
        await self.feed.stop()
        self.push()

    def tick(self, *, forced: bool) -> Tick | None:
        """Counters, and while following the newest page: the same size whatever the rate."""
        stats = self.feed.stats
        if stats == self._shown and not forced:
            return None
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
            "picked": len(self._picked),
            "picks": self._picks,
        }
        if not self.follow:
            return content, ()
        start = max(stats.base, stats.end - self._page_rows)
        return {**content, "start": start}, [self._packed(self.feed.window(start, stats.end))]

    def attached(self) -> None:
        """Somebody looks: read on."""
        self.feed.resume()

    def detached(self) -> None:
        """Nobody looks: a tail that only feeds this view pauses."""
        self.feed.pause()

    def on_window(self, message: Message) -> None:
        """Answer with the rows of a range of the present view."""
        start, end = message.bounds()
        stats = self.feed.stats
        start = max(start, stats.base)
        end = max(min(end, stats.end, start + WINDOW_LIMIT), start)
        rows = self.feed.window(start, end)
        content = {"kind": "rows", "request": message.request, "view": stats.view, "start": start}
        self.post(content, [self._packed(rows)])

    def on_select(self, message: Message) -> None:
        """Resolve a range of positions to records, and select them."""
        start, end = message.bounds()
        mode = message.choice("mode", ("replace", "toggle", "extend"))
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
            text = f"Only the first {SELECTION_LIMIT:,} rows were selected; choose more by a condition in SQL."
            picked = dict.fromkeys(list(picked)[:SELECTION_LIMIT])
            self.fail(ValidationError(text))
        self.selected = tuple(picked)

    def on_record(self, message: Message) -> None:
        """Answer with one whole record."""
        position = message.number("position")
        same_view = message.number("view") == self.feed.stats.view
        found = self.feed.resolve(position, position + 1, 1) if same_view else ()
        detail = self.feed.record(found[0]) if found else None
        if detail is None:
            raise ValidationError("This record is held no more; capture the topic to keep it.")
        content = {"kind": "record", "request": message.request, "facts": detail.facts, "headers": detail.headers}
        self.post({**content, "body": detail.body})

    def on_stop(self, _message: Message) -> None:
        """The Stop button."""
        self.serve("stop", self.stop())

    def snapshot(self) -> StaticView:
        """Keep what is shown now as a static table: the first rows held and the last, and the counts of the rest."""
        stats = self.feed.stats
        end = max(stats.end - SNAPSHOT_TAIL, stats.base)
        head = self.feed.window(stats.base, min(stats.base + SNAPSHOT_HEAD, end))
        tail = self.feed.window(end, stats.end)
        left_out = stats.end - stats.base - len(head) - len(tail)
        titles = [column.title for column in self.feed.columns]
        numeric = [index for index, column in enumerate(self.feed.columns) if column.numeric]
        caption = self._provenance(stats)
        gap = [(f"… {left_out:,} rows more …", *[""] * (len(titles) - 1))] if left_out else []
        rows = [*_cells(head), *gap, *_cells(tail)]
        body = fragment(table(titles, rows, numeric=numeric), element("p", caption), class_="workbench-snapshot")
        return StaticView(body, f"{text_table(titles, rows, numeric=numeric)}\n{caption}")

    def _provenance(self, stats: RowStats) -> str:
        behind = "unknown" if stats.behind is None else f"{stats.behind:,}"
        return (
            f"{self.name}: {stats.state} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC; {stats.total:,} read, "
            f"{stats.held:,} held, {stats.dropped:,} dropped, {behind} behind"
            f"{f'; filter: {visible(self.filter, 200)}' if self.filter else ''}"
            f"{f'; {visible(stats.note, 300)}' if stats.note else ''}"
        )

    @property
    def _page_rows(self) -> int:
        return self.height // ROW_PX + 1 + OVERSCAN_ROWS

    def _packed(self, rows: Sequence[Row]) -> bytes:
        packed = [[row.cells, int(row.identity in self._picked), int(row.problem)] for row in rows]
        return json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")

    @traitlets.validate("height")
    def _check_height(self, proposal: dict[str, Any]) -> int:
        return max(88, min(int(proposal["value"]), 4_000))

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> tuple[Identity, ...]:
        return tuple(dict.fromkeys(proposal["value"]))[:SELECTION_LIMIT]

    @traitlets.observe("selected")
    def _selected_changed(self, change: dict[str, Any]) -> None:
        self._picked = dict.fromkeys(change["new"])
        self._picks += 1
        self.push()

    @traitlets.observe("follow")
    def _follow_changed(self, _change: object) -> None:
        self.push()

    @traitlets.observe("filter")
    def _filter_changed(self, change: dict[str, Any]) -> None:
        if hasattr(self, "feed"):
            self.serve("filter", self._apply_filter(change["new"]))

    async def _apply_filter(self, text: str) -> None:
        await self.feed.set_filter(text)
        self._anchored = {}
        self.push()


def _cells(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    return [row.cells for row in rows]
