"""Counts events per time bucket: by event type, topic, source or another column of ``events``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workbench.errors import QueryError
from workbench.model.records.columns import EVENT
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo
from workbench.text import (
    StaticView,
    counted,
    duration_text,
    element,
    fragment,
    number_text,
    output_html,
    table,
    text_table,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    import pandas as pd
    import plotly.graph_objects as go

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store import SnapshotStore
    from workbench.text import Element

MOST_BUCKETS = 60
"""Buckets that the default width does not exceed."""
LIMIT_BUCKETS = 100_000
STEPS_MS = (
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000,
    60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000,
    86_400_000, 172_800_000, 604_800_000, 1_209_600_000, 2_592_000_000, 7_776_000_000, 31_536_000_000,
)  # fmt: skip
"""Widths of buckets that people read easily, from a millisecond to a year."""
NONE = "none"
"""Stands for events without a value in the column."""
_COLUMNS = ("topic", "partition", *(name for name in EVENT.names if EVENT.field(name).type in ("string", "bool")))
_SHOWN = 20
"""Rows of the text; the frame has all."""

_RANGE = """
SELECT min(timestamp_ms) FILTER (timestamp IS NOT NULL) AS first,
    max(timestamp_ms) FILTER (timestamp IS NOT NULL) AS last,
    count(*) FILTER (timestamp IS NULL) AS untimed
FROM events WHERE list_contains($topics::VARCHAR[], topic)
"""
_COUNTS = """
SELECT make_timestamp((timestamp_ms - timestamp_ms % $width) * 1000) AS "at", {by} AS "{name}", count(*) AS events
FROM events WHERE timestamp IS NOT NULL AND list_contains($topics::VARCHAR[], topic)
GROUP BY ALL ORDER BY ALL
"""


class EventRate:
    """Events per time bucket. Times are those of the records.

    Attributes:
        by: The column whose values are counted apart; None for all events together.
        width_ms: Width of a bucket in milliseconds.
        untimed: Events outside the calendar's years, which are in no bucket.
        frame: One row for each bucket and value that occurs: ``at`` (where the bucket begins, UTC), the column,
            ``events``.
    """

    def __init__(
        self, frame: pd.DataFrame, *, by: str | None, width_ms: int, untimed: int, viewer: Callable[[go.Figure], None]
    ) -> None:
        self.frame = frame
        self.by = by
        self.width_ms = width_ms
        self.untimed = untimed
        self._viewer = viewer

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Events by value over the whole time, most first."""
        column = self.by or "events"
        if self.by is None:
            return self.frame[["events"]].sum().to_frame().T
        totals = self.frame.groupby(column)["events"].sum().reset_index()
        ordered: pd.DataFrame = totals.sort_values(["events", column], ascending=[False, True], ignore_index=True)
        return ordered

    def figure(self) -> go.Figure:
        """Draw the chart as a plotly figure: stacked bars, the frequent values apart, the others as one.

        Its output in a notebook has the picture of `snapshot` beside plotly's data.
        """
        from workbench.charts.still_figure import StillFigure
        from workbench.exploration.rate_figure import rate_figure

        drawn = rate_figure(self.frame, self.totals, by=self.by, width_ms=self.width_ms)
        return StillFigure(drawn, still=self.snapshot)

    def snapshot(self) -> StaticView:
        """Return the chart as a static picture with the table; it needs no scripts."""
        from workbench.exploration.rate_picture import rate_picture

        drawn = rate_picture(self.frame, self.totals, by=self.by, width_ms=self.width_ms)
        return StaticView(fragment(drawn, *self._nodes()), repr(self))

    def plot(self) -> None:
        """Display the chart; returns None, as plotly's own ``show`` does."""
        self._viewer(self.figure())

    show = plot

    def _rows(self) -> list[tuple[str, str, str]]:
        total = int(self.frame["events"].sum())
        names = [NONE] * len(self.totals) if self.by is None else self.totals[self.by]
        return [
            (visible(str(name), 80), number_text(events), f"{events / total:.0%}")
            for name, events in zip(names, self.totals["events"], strict=True)
        ]

    def _summary(self) -> str:
        buckets = self.frame["at"].nunique()
        width = duration_text(self.width_ms)
        text = f"{counted(int(self.frame['events'].sum()), 'event')} in {counted(buckets, 'bucket')} of {width}"
        return f"{text}; {counted(self.untimed, 'event')} outside the calendar" if self.untimed else text

    def _more(self) -> str:
        return counted(len(self.totals) - _SHOWN, "more value") if len(self.totals) > _SHOWN else ""

    def _titles(self) -> tuple[str, str, str]:
        return self.by or "all", "events", "share"

    def __repr__(self) -> str:
        if self.frame.empty:
            return "No event."
        rows = [] if self.by is None else [text_table(self._titles(), self._rows()[:_SHOWN], numeric=(1, 2))]
        return "\n".join(part for part in (self._summary(), *rows, self._more()) if part)

    def _repr_html_(self) -> str:
        return output_html(*self._nodes())

    def _nodes(self) -> list[Element]:
        if self.frame.empty or self.by is None:
            return [element("p", repr(self))]
        body = table(self._titles(), self._rows()[:_SHOWN], numeric=(1, 2), caption=self._summary())
        return [body, element("p", self._more())]


def event_rate(
    store: SnapshotStore,
    by: str | None,
    *,
    topics: TopicsLike | None,
    every: timedelta | None,
    viewer: Callable[[go.Figure], None],
) -> EventRate:
    """Count events per time bucket.

    Args:
        store: The snapshot.
        by: A column of ``events`` with texts; None for all events together.
        topics: Name, list, shell pattern or regular expression; by default all.
        every: Width of a bucket; by default a round one that gives at most `MOST_BUCKETS`.
        viewer: Displays a figure.

    Raises:
        QueryError: There is no such column, or the width is not positive or gives too many buckets.
        UnknownTopicError: The snapshot has no such topic, or a pattern matches none.
    """
    if by is not None and by not in _COLUMNS:
        raise QueryError(f"by={by!r} is no column to count by; there are {', '.join(_COLUMNS)}.")
    stored = list(dict.fromkeys(source.topic for source in store.sources()))
    if topics is not None:
        infos = [TopicInfo(topic, None, internal=False, partitions=()) for topic in stored]
        stored = [topic.name for topic in parse_topics(topics).resolve(infos)]
    [limits] = store.sql_arrow(_RANGE, {"topics": stored}).to_pylist()
    width = _width(limits["first"], limits["last"], every)
    name = by or "all"
    column = f"coalesce(\"{by}\"::VARCHAR, '{NONE}')" if by else "NULL::VARCHAR"
    frame = store.sql(_COUNTS.format(by=column, name=name), {"width": width, "topics": stored})
    counted_by = frame if by else frame.drop(columns=[name])
    return EventRate(counted_by, by=by, width_ms=width, untimed=limits["untimed"], viewer=viewer)


def _width(first: int | None, last: int | None, every: timedelta | None) -> int:
    """Return the width of a bucket in milliseconds."""
    span = 0 if first is None or last is None else last - first
    if every is None:
        return next((step for step in STEPS_MS if span / step < MOST_BUCKETS), STEPS_MS[-1])
    width = round(every.total_seconds() * 1_000)
    if width < 1:
        raise QueryError(f"every={every} is no width of a bucket; give a millisecond or more.")
    if span / width > LIMIT_BUCKETS:
        raise QueryError(f"every={every} makes {number_text(span / width)} buckets of this snapshot; give a wider one.")
    return width
