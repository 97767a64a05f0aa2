"""Feeds for widget tests: rows, samples and plans that a test scripts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import ValidationError
from workbench.model.feeds import Column, Identity, RecordDetail, Row, RowStats

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

    async def produce(self, *, rate: int, seconds: float) -> None:
        """Make rows at a rate."""
        for _ in range(int(seconds * 50)):
            self.made += max(rate // 50, 1)
            await asyncio.sleep(0.02)
