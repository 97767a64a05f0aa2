"""Feeds for widget tests: rows, samples and plans that a test scripts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import ReplayRefused, ValidationError
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

if TYPE_CHECKING:
    from collections.abc import Sequence

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
