"""Feeds for widget tests: rows, samples and plans that a test scripts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import ReplayRefused, ValidationError
from workbench.model.explorer import (
    DifferenceSection,
    FactsSection,
    Input,
    LinesSection,
    PaneRow,
    Press,
    ProgressSection,
    TableSection,
    TextSection,
    TreeNode,
    TreeSection,
)
from workbench.model.feeds import (
    Column,
    Identity,
    PartProgress,
    PlanFacts,
    Progress,
    RecordDetail,
    Row,
    RowStats,
    Sample,
)
from workbench.model.lineage import Bytes, LineageLine, LineageOutput, LineagePage, LineageRow
from workbench.model.schema_feed import SubjectLook, SubjectRow, UsageRow, VersionRow
from workbench.transforms.views.state import ViewLine, ViewPartition, ViewStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.explorer import Section
    from workbench.model.feeds import FeedState

HOSTILE = (
    "<img src=x onerror=\"window.fired=1;alert('fired')\"><script>window.fired=1</script>"
    "<svg onload=window.fired=1>\"'`&amp;{{7*7}}javascript:window.fired=1\x1b[31m\u202egnp.exe\x00"
)


class ScriptedFeed:
    """Rows made from a counter; everything a `RowFeed` says, under the test's control."""

    def __init__(self, rows: int = 0, *, name: str = "orders", limit: int = 100_000, text: str = "") -> None:
        self.name = name
        self.columns: Sequence[Column] = (
            Column("time", "Time", 100),
            Column("offset", "Offset", 80, numeric=True),
            Column("value", text or "Value", 300),
        )
        self.limit = limit
        self.text = text
        self.made = rows
        self.step = 1
        self.view = 0
        self.state: FeedState = "live"
        self.note = ""
        self.behind: int | None = 0
        self.calls: list[str] = []

    @property
    def stats(self) -> RowStats:
        end = self.made // self.step
        base = max(end - self.limit, 0)
        return RowStats(
            state=self.state,
            view=self.view,
            base=base,
            end=end,
            total=self.made,
            held=end - base,
            dropped=base,
            behind=self.behind,
            note=self.note,
        )

    def _identity(self, position: int) -> Identity:
        offset = position * self.step
        return Identity(self.name, offset % 3, offset)

    def window(self, start: int, end: int) -> list[Row]:
        stats = self.stats
        return [self._row(p) for p in range(max(start, stats.base), min(end, stats.end))]

    def _row(self, position: int) -> Row:
        identity = self._identity(position)
        cells = (self.text or f"t{position}", str(identity.offset), self.text or f"value {identity.offset}")
        return Row(identity, cells, problem=position % 10 == 9)

    def resolve(self, start: int, end: int, limit: int) -> list[Identity]:
        stats = self.stats
        first = max(start, stats.base)
        return [self._identity(p) for p in range(first, min(end, stats.end, first + limit))]

    def record(self, identity: Identity) -> RecordDetail | None:
        text = self.text or f"body of {identity}"
        return RecordDetail(identity, (("record", self.text or str(identity)),), ((text, text),), text)

    async def set_filter(self, text: str) -> None:
        """Only ``even`` and nothing are understood."""
        if text not in ("", "even"):
            raise ValidationError(f"The filter cannot be used: {text}")
        self.step = 2 if text else 1
        self.view += 1

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    async def stop(self) -> None:
        self.calls.append("stop")
        self.state = "stopped"

    async def aclose(self) -> None:
        self.calls.append("aclose")
        self.state = "stopped"

    def close(self) -> None:
        self.calls.append("close")
        self.state = "closed"

    async def set_order(self, column: str, *, descending: bool = False) -> None:
        self.calls.append(f"order {column} {descending}")
        self.view += 1

    async def produce(self, *, rate: int, seconds: float) -> None:
        """Make rows at a rate."""
        for _ in range(int(seconds * 50)):
            self.made += max(rate // 50, 1)
            await asyncio.sleep(0.02)


class ScriptedLag:
    """A `LagFeed` whose frame is a list of lag values; ``chart`` makes the figure of it."""

    def __init__(self, *, text: str = "") -> None:
        self.name = text or "lag of billing"
        self.version = 1
        self.state: FeedState = "live"
        self.note = text or "sampled 10:00:00 UTC, 2 groups"
        self.values = [3, 5, 8]
        self.text = text

    def frame(self) -> list[int]:
        return list(self.values)

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        group = self.text or "billing"
        return ("group", "partition", "lag"), [(group, str(n), str(v)) for n, v in enumerate(self.values)]

    def chart(self, frame: list[int]) -> Any:
        import plotly.graph_objects as go

        return go.Figure(go.Bar(x=list(range(len(frame))), y=frame, name="lag"), {"title": "Lag", "height": 300})


class ScriptedPlan:
    """A `PlanSource` that refuses a wrong token, and sends when told to."""

    def __init__(self, *, protected: bool = False, refusals: tuple[str, ...] = (), text: str = "") -> None:
        self.text = text
        self.facts = PlanFacts(
            token="be9f0e35",  # noqa: S106 - a plan's confirmation, no secret
            target=text or "orders.replay",
            cluster=text or "cluster-1",
            protected=protected,
            records=120,
            bytes=45_000,
            summary=((text or "mode", text or "recording"), ("ids", "same")),
            lanes=((text or "orders.replay/0", 70), ("orders.replay/1", 50)),
            warnings=(text or "3 tombstones would delete 3 keys",),
            refusals=refusals,
            samples=(Sample(text or "first", text or "orders/0/10", text or 'key k1, value {"n": 1}, 2 headers'),),
        )
        self.progress = Progress("waiting")
        self.calls: list[tuple[str, str | None]] = []
        self.may_finish = asyncio.Event()
        self.error: Exception | None = None
        self.held: list[str] = []
        self.kept: str | None = None

    def report(self) -> str | None:
        return self.kept

    def pause(self) -> None:
        self.held.append("pause")

    def resume(self) -> None:
        self.held.append("resume")

    async def run(self, *, confirm: str, target: str | None) -> str:
        self.calls.append((confirm, target))
        if confirm != self.facts.token:
            raise ReplayRefused("The token is another one.", reasons=["G-7: this plan was not confirmed"])
        self._at("running", 60)
        await self.may_finish.wait()
        if self.error is not None:
            raise self.error
        self._at("done", 120)
        return self.text or "120 of 120 records acknowledged, verified"

    def _at(self, state: Literal["running", "done"], position: int) -> None:
        part = PartProgress(self.text or "orders.replay", 0, 120, position, 30.0)
        self.progress = Progress(state, (part,), "", (("acknowledged", position),))


class ScriptedJob:
    """A `ProgressFeed` under the test's control."""

    def __init__(self, *, text: str = "") -> None:
        self.name = text or "capture of orders"
        self.cancelled = 0
        self.text = text
        self.at(40)

    def at(self, position: int, state: Literal["running", "done", "stopped"] = "running") -> None:
        name = self.text or "orders"
        parts = tuple(PartProgress(f"{name}/{n}", 0, 100 * (n + 1), position * (n + 1), 20.0) for n in range(3))
        self.progress = Progress(state, parts, self.text, ((self.text or "records", position * 6),))

    async def cancel(self) -> None:
        self.cancelled += 1
        self.at(50, "stopped")


class ScriptedSchemas:
    """Two subjects; records of one topic name the versions of the first, and another cluster uses the same ids."""

    def __init__(self, *, text: str = "") -> None:
        self.name = text or "Schemas of http://registry"
        self.note = text
        first = text or "orders-value"
        self.subjects: Sequence[SubjectRow] = [
            SubjectRow(first, 3, 4, "AVRO", text or "shop.Order"),
            SubjectRow("users-value"),
        ]
        rows = [("c1", 0, 1, 5, 0, 4), ("c1", 0, None, 1, 2, 2), ("c1", 0, 2, 5, 5, 9), ("c2", 0, 1, 3, 0, 2)]
        self.usage: Sequence[UsageRow] | None = [
            UsageRow(
                cluster, "elsewhere" if cluster == "c2" else text or "orders", part, number, text, count, begin, end, 0
            )
            for cluster, part, number, count, begin, end in rows
        ]
        self.text = text
        self.asked: list[tuple[str, int | None, int | None]] = []
        self.refreshed = 0
        self.failure: Exception | None = None

    async def look(self, subject: str, first: int | None = None, second: int | None = None) -> SubjectLook:
        self.asked.append((subject, first, second))
        if self.failure is not None:
            raise self.failure
        if subject == "users-value":
            return SubjectLook(subject, "c1", "FULL", [VersionRow(1, 9, "JSON", None, 20, 0)])
        versions = [VersionRow(number, number, "AVRO", self.text or "shop.Order", 100, 0) for number in (1, 2, 3)]
        lines = ["--- a", "+++ b", "@@ -1 +1,2 @@", " {", f"-  {self.text}", f"+  {self.text or 'coupon'}"]
        return SubjectLook(subject, "c1", "BACKWARD", versions, first or 2, second or 3, lines)

    async def refresh(self) -> None:
        self.refreshed += 1


class ScriptedLineage:
    """Two partitions of sixty records each, with every outcome, and a log."""

    def __init__(self, *, text: str = "", compared: bool = True) -> None:
        self.name = text or "Transform mask"
        self.text = text
        self.partitions: Sequence[tuple[str, int]] = [(text or "orders", 0), (text or "orders", 1)]
        self.remarks: Sequence[str] = [text or "60 records read"]
        self.compared = compared
        self.lines = [LineageLine("orders/0@1", "info", text or "hello"), LineageLine("orders/0@2", "warn", "odd")]
        self.dropped_lines = 3
        data = Bytes(text.encode() or b"extra", 900)
        self.unmatched = [("extra", 0, 7, data, Bytes(None, None))] if compared else []
        self.asked: list[tuple[int, int, str]] = []
        self.failure: Exception | None = None

    def page(self, part: int, start: int, rows: int, only: str) -> LineagePage:
        self.asked.append((part, start, only))
        if self.failure is not None:
            raise self.failure
        begin = max(start, 0)
        end = min(begin + rows, 60)
        return LineagePage(tuple(self._row(offset) for offset in range(begin, end)), end if end < 60 else None, end)

    def _row(self, offset: int) -> LineageRow:
        key = Bytes(b"k%d" % offset, 3)
        value = Bytes(self.text.encode() or b'{"card": "4111-0000-0000-1111", "amount": %d}' % offset, 40)
        masked = Bytes(self.text.encode() or b'{"card": "*******************", "amount": %d}' % offset, 40)
        changed = LineageOutput("masked", key, masked, 1, changed=True, found=offset)
        outputs = {
            0: (changed,),
            1: (),
            2: (changed, LineageOutput("masked", key, value, 1, changed=False, missing=self.compared)),
            3: (),
        }[offset % 4]
        return LineageRow(offset, key, value, 1, outputs, (self.text or "unreachable") if offset % 4 == 3 else None)


class ScriptedView:
    """The state of a view that failed on one partition, and its log."""

    def __init__(self, *, text: str = "") -> None:
        self.name = text or "masked"
        self.state: FeedState = "live"
        self.note = text or "read at 10:00:00"
        partitions = (ViewPartition(0, "running", 3), ViewPartition(1, "errored", None, text or "unreachable"))
        self.status: ViewStatus | None = ViewStatus(
            text or "masked", text or "orders", (text or "masked",), "broker", partitions
        )
        self.lines = [ViewLine(text or "hello", "info", 0, "node 1"), ViewLine("odd", "error")]


class ScriptedPane:
    """An `ExplorerPane` with every kind of section."""

    def __init__(self, name: str, calls: list[str], *, rows: int = 0, text: str = "") -> None:
        self.name = name
        self.title = name.capitalize()
        self.version = 1
        self.busy = ""
        self.note = text or f"note of {name}"
        self.failure = ""
        self.order = "-name"
        self.row_count = rows
        self.picked = "row 1"
        self._calls = calls
        self._text = text
        self.columns: Sequence[Column] = (
            Column("name", text or "Name", 200, grow=True),
            Column("trend", "Lately", 96),
            Column("size", "Size", 80, numeric=True),
        )
        hint = text or "words"
        self.inputs: Sequence[Input] = (Input("filter", text or "Filter", "text", text, hint=hint, live=True),)
        self.presses: Sequence[Press] = (Press("go", text or "Go"), Press("stop", "Stop", enabled=False))
        progress = ScriptedJob(text=text).progress
        shown = text or "shown"
        self.sections: Sequence[Section] = (
            FactsSection(shown, ((shown, shown),)),
            TableSection(shown, (shown, "b"), ((shown, "c"),)),
            LinesSection(shown, (shown,), "warn"),
            TextSection(shown, shown),
            DifferenceSection(shown, ("--- a", "+++ b", f"+{shown}")),
            ProgressSection(shown, progress),
            TreeSection(
                "Value",
                (
                    TreeNode(0, "", "{2 members}", "object"),
                    TreeNode(1, shown, "{1 member}", "object"),
                    TreeNode(2, "inner", shown, "text"),
                    TreeNode(1, "count", "9007199254740993", "number"),
                ),
                shown,
            ),
        )

    def window(self, start: int, end: int) -> list[PaneRow]:
        shown = self._text or "row"
        return [
            PaneRow(f"row {n}", (f"{shown} {n}", "", str(n)), n % 10 == 9, (1.0, 2.0, float(n)))
            for n in range(start, min(end, self.row_count))
        ]

    async def do(self, press: str, values: Any) -> None:
        self._calls.append(f"{self.name} {press} {values}")

    async def pick(self, key: str) -> None:
        self._calls.append(f"{self.name} pick {key}")

    async def enter(self, key: str) -> None:
        self._calls.append(f"{self.name} enter {key}")


class ScriptedPanes:
    """An `ExplorerFeed` of three panes under the test's control."""

    def __init__(self, *, rows: int = 20, text: str = "") -> None:
        self.cluster = None
        self.calls: list[str] = []
        self.name = text or "Explorer of cluster-1"
        self.state = text or "read-only"
        self.panes = [ScriptedPane("topics", self.calls, rows=rows, text=text), ScriptedPane("messages", self.calls)]
        self.details = [ScriptedPane("record", self.calls, text=text)]
        self.topic = text or "orders"
        self.record = text or "orders/0@1"
        self.wish = (0, "")

    async def select_topic(self, topic: str) -> None:
        self.calls.append(f"topic {topic}")

    async def select_record(self, position: str) -> None:
        self.calls.append(f"record {position}")

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        """Views resume when they are shown; tests count what else is called."""

    def close(self) -> None:
        self.calls.append("close")
