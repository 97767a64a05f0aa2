"""What `Cluster.lag` gives back, and the live watch behind a lag panel."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.text import clock_text, counted, number_text, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from workbench.lag.sampler import LagSampler
    from workbench.model.feeds import FeedState
    from workbench.model.lag import LagRound

KEPT_ROUNDS = 360
"""Rounds that a live watch remembers: an hour at one every ten seconds."""
_SHOWN_GROUPS = 30
_TITLES = ("group", "state", "members", "partitions", "lag", "lost", "unknown")


class LagResult:
    """One or more rounds of lag.

    Attributes:
        rounds: What was sampled, oldest first.
    """

    def __init__(self, rounds: Sequence[LagRound]) -> None:
        self.rounds = tuple(rounds)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per round, group and partition; see `workbench.lag.COLUMNS`."""
        from workbench.lag import lag_frame

        return lag_frame(self.rounds)

    @property
    def groups(self) -> pd.DataFrame:
        """Totals of the newest round, one row per group, furthest behind first."""
        from workbench.lag import group_totals

        return group_totals(self.frame)

    def rows(self) -> list[dict[str, Any]]:
        """Rows of `frame` as plain values, None where a value is absent."""
        frame = self.frame
        return [
            {str(name): None if _absent(value) else _plain(value) for name, value in row.items()}
            for row in frame.astype(object).to_dict("records")
        ]

    @property
    def errors(self) -> tuple[str, ...]:
        """What could not be read."""
        return tuple(dict.fromkeys(error for taken in self.rounds for error in taken.errors))

    def figure(self) -> go.Figure:
        """The chart as a plain plotly figure."""
        from workbench.lag.figure import lag_figure

        return lag_figure(self.frame)

    def show(self) -> Any:
        """Display the chart; returns None, as plotly's own ``show`` does."""
        from workbench.widgets import show_figure

        return show_figure(self.figure())

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(str(row.group_id), 80),
                str(row.state),
                number_text(row.members),
                number_text(row.partitions),
                number_text(row.lag),
                number_text(row.lost),
                number_text(row.unknown),
            )
            for row in self.groups.head(_SHOWN_GROUPS).itertuples()
        ]

    def _remarks(self) -> list[str]:
        more = len(self.groups) - _SHOWN_GROUPS
        remarks = [counted(more, "more group")] if more > 0 else []
        remarks += [visible(error, 200) for error in self.errors[:5]]
        return [*remarks, "lag counts offsets: at most this many records"]

    def __repr__(self) -> str:
        if not self.rounds or not self.rounds[-1].groups:
            return "No consumer group was found."
        table = text_table(_TITLES, self._rows(), numeric=(2, 3, 4, 5, 6))
        return "\n".join([table, *self._remarks()])

    def _repr_html_(self) -> str:
        from workbench.text import element, fragment, listing, table

        if not self.rounds or not self.rounds[-1].groups:
            return fragment(element("p", repr(self))).render()
        shown = table(_TITLES, self._rows(), numeric=(2, 3, 4, 5, 6))
        return fragment(shown, listing(self._remarks())).render()


class LagWatch:
    """Samples again and again, and feeds a lag panel. A `workbench.model.feeds.LagFeed`."""

    def __init__(self, sampler: LagSampler, *, name: str, interval_s: float) -> None:
        self.name = name
        self.version = 0
        self.state: FeedState = "waiting"
        self.note = ""
        self._sampler = sampler
        self._interval_s = interval_s
        self._rounds: deque[LagRound] = deque(maxlen=KEPT_ROUNDS)
        self._away_since: datetime | None = None

    @property
    def result(self) -> LagResult:
        """What was sampled so far."""
        return LagResult(self._rounds)

    async def run(self) -> None:
        """Sample until cancelled; while the cluster is away there is a gap, and the note says since when."""
        try:
            self.state = "live"
            while True:
                began = time.monotonic()
                await self._sample()
                await asyncio.sleep(max(0.0, self._interval_s - (time.monotonic() - began)))
        except Exception as error:
            self.state, self.note = "failed", str(error)
            raise
        finally:
            if self.state == "live":
                self.state = "stopped"

    async def _sample(self) -> None:
        try:
            taken = await self._sampler.round(interval_ms=int(self._interval_s * 1000))
        except WorkbenchError as error:
            self._away_since = self._away_since or datetime.now(UTC)
            self.note = f"no sample since {clock_text(self._away_since, precision='s')}: {error}"
            return
        self._away_since = None
        self._rounds.append(taken)
        self.version += 1
        self.note = _note(taken)

    def frame(self) -> pd.DataFrame:
        """The frame that the figure is made of."""
        return self.result.frame

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Partitions of the newest round as text, furthest behind first."""
        titles = ("group", "topic", "partition", "lag", "lost", "committed", "high", "state", "reason")
        if not self._rounds:
            return titles, ()
        newest = LagResult([self._rounds[-1]]).frame.head(200)
        rows = [
            (
                visible(str(row.group_id), 80),
                visible(str(row.topic), 80),
                str(row.partition),
                number_text(row.lag),
                number_text(row.lost),
                number_text(row.committed),
                number_text(row.high),
                str(row.state),
                "" if _absent(row.reason) else visible(str(row.reason), 120),
            )
            for row in newest.itertuples()
        ]
        return titles, rows


def _note(taken: LagRound) -> str:
    unread = f"; {len(taken.errors)} could not be read" if taken.errors else ""
    return f"sampled {clock_text(taken.high_at_ms, precision='s')}, {counted(len(taken.groups), 'group')}{unread}"


def _absent(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
