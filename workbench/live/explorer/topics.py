"""The pane of topics: records, bytes, rate now and lately; fluid with thousands of them."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.live.explorer.pane import Pane
from workbench.model import TopicPartition
from workbench.model.explorer import Input, PaneRow, Press
from workbench.model.feeds import Column
from workbench.text import counted, number_text, size_text, time_text, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.config.views import SavedView
    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection

TREND = 60
"""Samples of the rate that a line shows."""
_WHOLE = 10
"""Rate from which on it is written without a fraction."""
_ORDERS = ("topic", "records", "bytes", "rate", "partitions", "groups")
_SORTED_BY = {
    "topic": "topic",
    "records": "records_at_most",
    "bytes": "size_bytes",
    "rate": "rate",
    "partitions": "partitions",
    "groups": "groups",
}


class TopicsPane(Pane):
    """All topics; picking one shows its messages."""

    name = "topics"
    title = "Topics"
    columns = (
        Column("topic", "Topic", 200, grow=True, ends=True),
        Column("records", "Records", 96, numeric=True),
        Column("bytes", "Bytes", 116, numeric=True),
        Column("rate", "Rate/s", 76, numeric=True),
        Column("trend", "Rate lately", 96),
        Column("partitions", "Part.", 56, numeric=True),
        Column("groups", "Groups", 64, numeric=True),
        Column("policy", "Policy", 84),
        Column("health", "Remarks", 160),
    )

    def __init__(self, cluster: ExploredCluster, selection: Selection) -> None:
        super().__init__()
        self._cluster = cluster
        self._selection = selection
        self._topics: list[dict[str, Any]] = []
        self._shown: list[dict[str, Any]] = []
        self._ends: dict[TopicPartition, int | None] = {}
        self._sampled_at = 0.0
        self._trends: dict[str, deque[float]] = {}
        self.order = "topic"

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input(
                "filter", "Topic names with", "text", self.value("filter"), hint="all these words", live=True, grow=True
            ),
            Input("internal", "also internal ones", "check", self.value("internal"), live=True),
            Input("sort", "Sort by", "choice", self.order.removeprefix("-"), _ORDERS, live=True),
        )

    @property
    def presses(self) -> Sequence[Press]:
        return (Press("messages", "Messages", bool(self._selection.topic)), Press("refresh", "Read again"))

    @property
    def picked(self) -> str:
        return self._selection.topic

    @property
    def row_count(self) -> int:
        return len(self._shown)

    @property
    def names(self) -> list[str]:
        """Names of all topics that were read."""
        return [row["topic"] for row in self._topics]

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Make the rows on screen; the others stay figures."""
        return [self._row(row) for row in self._shown[start:end]]

    def saved(self) -> dict[str, str]:
        """Return what a saved view keeps of the pane."""
        return {"filter": self.value("filter"), "order": self.order}

    def restore(self, view: SavedView) -> None:
        """Filter and sort as a saved view says.

        Raises:
            ValidationError: There is no such column.
        """
        if view.order.removeprefix("-") not in _SORTED_BY:
            known = ", ".join(_SORTED_BY)
            raise ValidationError(f"Topics are not sorted by {visible(view.order, 40)}; there are {known}.")
        self.values |= {"filter": view.filter, "sort": view.order.removeprefix("-")}
        self.order = view.order

    async def press_refresh(self) -> None:
        """Read all topics again."""
        await self.refresh()

    async def press_messages(self) -> None:
        """Show the messages of the selected topic."""
        self._selection.show("messages")

    async def press_input(self) -> None:
        """Filter and sort by what is typed."""
        if self.value("internal") == "yes" and not any(row["internal"] for row in self._topics):
            await self.refresh()
        chosen = self.value("sort", "topic")
        if chosen in _ORDERS and chosen != self.order.removeprefix("-"):
            self.order = chosen if chosen == "topic" else f"-{chosen}"
        self._arrange()

    async def press_sort(self) -> None:
        """Sort by a column whose head was pressed; once more turns the order round."""
        column = self.value("column")
        if column in _SORTED_BY:
            self.order = f"-{column}" if self.order == column else column
            self.values["sort"] = column
        self._arrange()

    async def pick(self, key: str) -> None:
        """Select a topic."""
        if key in self.names:
            await self._selection.take_topic(key)
            self.changed()

    async def enter(self, key: str) -> None:
        """Select a topic, and show its messages."""
        self._selection.show("messages")
        await self.pick(key)

    async def refresh(self) -> None:
        """Ask for all that is known of topics; the rate is that of the last samples."""
        selection: Any = "*"
        if self.value("internal") == "yes":
            selection = await self._cluster.log.topic_names() or "*"
        # Only at first: later the rates are those of the samples, which are newer.
        sampled = {row["topic"]: row["rate"] for row in self._topics}
        self._topics = await self._cluster.topic_rows(selection, rates=not sampled)
        self._read_at_ms = time.time_ns() // 1_000_000
        for row in self._topics:
            row["rate"] = sampled.get(row["topic"], row["records_per_s"])
        self._ends, self._sampled_at = {}, 0.0
        self._trends = {name: self._trends.get(name, deque(maxlen=TREND)) for name in self.names}
        self._arrange()

    async def sample(self) -> None:
        """Ask for the ends of all partitions, and count what came since the last time."""
        partitions = [TopicPartition(r["topic"], n) for r in self._topics for n in range(r["partitions"])]
        now = time.monotonic()
        ends = await self._cluster.log.offsets(partitions, "latest", isolation="read_uncommitted")
        came: dict[str, int] = {}
        for place, end in ends.items():
            before = self._ends.get(place)
            if end is not None and before is not None:
                came[place.topic] = came.get(place.topic, 0) + max(end - before, 0)
        if self._ends and now > self._sampled_at:
            for row in self._topics:
                rate = came.get(row["topic"], 0) / (now - self._sampled_at)
                row["rate"] = rate
                self._trends.setdefault(row["topic"], deque(maxlen=TREND)).append(rate)
                if row["records_at_most"] is not None:
                    row["records_at_most"] += came.get(row["topic"], 0)
        self._ends, self._sampled_at = ends, now
        self._arrange()

    def _arrange(self) -> None:
        words = self.value("filter").casefold().split()
        shown = [row for row in self._topics if all(word in row["topic"].casefold() for word in words)]
        name, falling = _SORTED_BY[self.order.removeprefix("-")], self.order.startswith("-")
        if name == "topic":
            shown.sort(key=lambda row: str(row["topic"]), reverse=falling)
        else:
            shown.sort(key=lambda row: row[name] or 0, reverse=falling)
        self._shown = shown
        everything = counted(len(self._topics), "topic")
        count = everything if len(shown) == len(self._topics) else f"{number_text(len(shown))} of {everything}"
        parts = sum(row["partitions"] for row in self._topics)
        at = time_text(getattr(self, "_read_at_ms", None), precision="s")
        self.note = f"{count}, {counted(parts, 'partition')}; read at {at}"
        self.changed()

    def _row(self, row: dict[str, Any]) -> PaneRow:
        under, offline = row["under_replicated"], row["offline"]
        remarks = [
            *([f"{number_text(offline)} offline"] if offline else []),
            *([f"{number_text(under)} under-replicated"] if under else []),
            *([str(row["unavailable"])] if row["unavailable"] else []),
        ]
        cells = (
            visible(row["topic"], 250),
            number_text(row["records_at_most"]),
            "" if row["size_bytes"] is None else size_text(row["size_bytes"]),
            "" if row["rate"] is None else _rate(row["rate"]),
            "",
            number_text(row["partitions"]),
            "" if row["groups"] is None else number_text(row["groups"]),
            visible(row["cleanup_policy"] or "", 40),
            visible("; ".join(remarks), 200),
        )
        trend = tuple(self._trends.get(row["topic"], ()))
        return PaneRow(row["topic"], cells, bool(under or offline), trend)


def _rate(rate: float) -> str:
    return number_text(round(rate)) if rate >= _WHOLE or rate == 0 else f"{rate:.2g}"
