"""The pane of one topic: its partitions, its settings, and on request its statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.live.explorer.pane import Pane
from workbench.model.explorer import FactsSection, Input, LinesSection, PaneRow, Press, TableSection
from workbench.model.feeds import Column
from workbench.text import counted, number_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection
    from workbench.live.topic_statistics import TopicFigures, TopicStatistics
    from workbench.model import TopicInfo
    from workbench.model.explorer import Section

_NO_TOPIC = "Choose a topic in the pane Topics."
_FIELDS = 60


class TopicPane(Pane):
    """The selected topic."""

    name = "topic"
    title = "Topic"
    columns = (
        Column("partition", "Partition", 76, numeric=True),
        Column("leader", "Leader", 64, numeric=True),
        Column("isr", "In sync", 110),
        Column("replicas", "Replicas", 110),
        Column("begin", "Log start", 110, numeric=True),
        Column("end", "Log end", 110, numeric=True),
        Column("records", "Records at most", 120, numeric=True),
        Column("bytes", "Bytes", 90, numeric=True, grow=True),
    )

    def __init__(self, cluster: ExploredCluster, selection: Selection) -> None:
        super().__init__()
        self._cluster = cluster
        self._selection = selection
        self._statistics: TopicStatistics | None = None
        self._settings: Section | None = None
        self.note = _NO_TOPIC
        selection.on_topic(self._topic_changed)

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input("start", "Count from", "text", self.value("start", "-1h"), hint="start, -1h, 1200, @2026-…"),
            Input("end", "to", "text", self.value("end", "end")),
        )

    @property
    def presses(self) -> Sequence[Press]:
        there = bool(self._selection.topic)
        return (
            Press("count", "Count statistics", there),
            Press("drift", "Count and compare", self._statistics is not None),
            Press("refresh", "Read again", there),
        )

    async def _topic_changed(self) -> None:
        self._statistics, self.rows, self.sections = None, (), ()
        await self.work(self.press_refresh, "reading the topic")

    async def press_refresh(self) -> None:
        """Read partitions and settings."""
        topic = self._selection.topic
        if not topic:
            return
        parts = await self._cluster.partition_rows([topic])
        self.rows = [
            PaneRow(
                str(part["partition"]),
                (
                    number_text(part["partition"]),
                    "none" if part["leader"] is None else str(part["leader"]),
                    ", ".join(map(str, part["isr"])),
                    ", ".join(map(str, part["replicas"])),
                    number_text(part["begin"]),
                    number_text(part["end"]),
                    number_text(part["records_at_most"]),
                    "" if part["size_bytes"] is None else size_text(part["size_bytes"]),
                ),
                problem=part["leader"] is None or len(part["isr"]) < len(part["replicas"]),
            )
            for part in parts
        ]
        (info,) = await self._cluster.log.describe([topic])
        self._settings = _settings(info)
        self.note = f"{topic}: {counted(len(parts), 'partition')}"
        self._arrange()

    async def press_count(self) -> None:
        """Count a window of the topic."""
        window = {"start": self.value("start", "-1h"), "end": self.value("end", "end")}
        self._statistics = await self._cluster.statistics([self._selection.topic], **window, progress=self._tell)
        self._arrange()

    async def press_drift(self) -> None:
        """Count another window, and show how it differs from the one that was counted last."""
        before = self._statistics
        await self.press_count()
        if before is None or self._statistics is None:
            return
        rows = tuple(tuple(str(row[name]) for name in ("what", "a", "b")) for row in before.drift(self._statistics))
        title = f"From the window {before.window} to {self._statistics.window}"
        made = TableSection(title, ("what", "before", "after"), rows)
        same = LinesSection(title, ("types, sizes and fields do not differ by so much",))
        self.sections = [made if rows else same, *self.sections]

    def _tell(self, records: int) -> None:
        self.busy = f"counting; {counted(records, 'record')} so far"
        self.changed()

    def _arrange(self) -> None:
        counted_sections = [] if self._statistics is None else statistics_sections(self._statistics)
        self.sections = [*counted_sections, *([] if self._settings is None else [self._settings])]
        self.changed()


def _settings(info: TopicInfo) -> Section:
    if not info.config:
        return LinesSection("Settings", info.unavailable or ("not known",), "warn")
    changed_first = sorted(info.config.items(), key=lambda item: (item[1].default, item[0]))
    rows = tuple(
        (
            name,
            "(secret)" if one.sensitive else str(one.value),
            "default" if one.default else "differs from the default",
        )
        for name, one in changed_first
    )
    return TableSection("Settings", ("setting", "value", ""), rows)


def statistics_sections(found: TopicStatistics) -> list[Section]:
    """Show the statistics of a window."""
    sections: list[Section] = []
    for one in found.topics:
        sections.append(FactsSection(f"Statistics of {one.topic}, {found.window}", _facts(one)))
        types = tuple(
            ("(none)" if name is None else name, number_text(count), f"{count / one.records:.1%}")
            for name, count in one.types.items()
        )
        sections.append(TableSection("Event types", ("type", "records", "share"), types))
        fields = tuple(
            (
                field.selector,
                field.type,
                f"{field.null_share:.0%}",
                number_text(field.distinct),
                ", ".join(field.examples),
            )
            for field in one.fields[:_FIELDS]
        )
        titles = ("field", "type", "null", "different", "examples")
        sections.append(TableSection("Schema by example: fields of the last records", titles, fields))
    remarks = tuple(text for text in (found.reason, *found.notes) if text)
    return [*sections, *([LinesSection("Remarks", remarks, "warn")] if remarks else [])]


def _facts(one: TopicFigures) -> tuple[tuple[str, str], ...]:
    sizes = ", ".join(f"{name} {size_text(size)}" for name, size in one.value_bytes.items())
    return (
        ("records", number_text(one.records)),
        ("different keys", ("at least " if one.keys_at_least else "") + number_text(one.keys)),
        ("without a key", number_text(one.keyless)),
        ("tombstones", f"{number_text(one.tombstones)} ({one.null_share:.1%})"),
        ("size of values", sizes),
        ("first and last time", f"{time_text(one.first_ms)} to {time_text(one.last_ms)}"),
        ("formats", ", ".join(f"{name or 'tombstone'} {number_text(count)}" for name, count in one.formats.items())),
    )
