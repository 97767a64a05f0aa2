"""Moves spans of other hosts into their parents, as tracing back-ends do; for synchronous calls only.

It is wrong for messaging, because it centres effects inside their causes, and it is never applied unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, type_text
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.paths.intervals import intervals_of

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph

MAXIMUM_US = 1_000_000
"""Shifts above this are no clock error but another reason."""


@dataclass(frozen=True, eq=False, repr=False)
class ContainedSpans(Answer):
    """Starts of spans after each was moved into its parent where it is of another host."""

    frame: pd.DataFrame
    """span, host, start_us (raw), shift_us, contained_start_us, too_far (the shift would exceed the maximum: none)."""

    def text(self) -> str:
        """Write the spans that move, the furthest first."""
        moved = self.frame[self.frame["shift_us"] != 0]
        moved = moved.loc[moved["shift_us"].abs().sort_values(ascending=False, kind="stable").index]
        far = int(self.frame["too_far"].sum())
        lines = [f"contained: {counted(len(moved), 'span')} of {len(self.frame):,} moved into the parent"
                 + (f", {counted(far, 'shift')} above the maximum left out" if far else "")]  # fmt: skip
        lines += [
            f"  {key_text(row['span'])} {micros_text(row['shift_us'], signed=True)}  {type_text(row['host'])}"
            for row in moved.head(SHOWN).to_dict("records")
        ]
        return "\n".join([*lines, *rest_text(len(moved), "span")])


def contained_spans(graph: CausalGraph, maximum_us: int = MAXIMUM_US) -> ContainedSpans:
    """Shift spans whose host differs from their parent's so that they lie inside it; the same host keeps the shift.

    Args:
        graph: Spans; the source is the host.
        maximum_us: A shift larger than this becomes 0, also for descendants on that host, and is noted.
    """
    intervals = intervals_of(graph)
    own = np.flatnonzero(~intervals.server)
    hosts = EncodedColumn.of(graph.column("source")).codes
    host = hosts[intervals.node].tolist()
    start, end = intervals.start.tolist(), intervals.end.tolist()
    children = Groups.of(np.where(intervals.parent < 0, len(intervals), intervals.parent), len(intervals) + 1)
    starts, members = children.starts.tolist(), children.members
    shift, far = [0] * len(intervals), [False] * len(intervals)
    waiting = [(root, 0) for root in members[starts[len(intervals)] : starts[len(intervals) + 1]].tolist()]
    while waiting:
        parent, current = waiting.pop()
        shift[parent] = current
        begin, duration = start[parent] + current, end[parent] - start[parent]
        for child in members[starts[parent] : starts[parent + 1]].tolist():
            moved = current
            if host[child] < 0 or host[child] != host[parent]:
                moved = _shift(begin, duration, start[child], end[child] - start[child])
                if abs(moved) > maximum_us:
                    far[child], moved = True, 0
            waiting.append((child, moved))
    nodes = pa.array(intervals.node[own])
    shifts = np.array(shift, dtype=np.int64)[own]
    return ContainedSpans(
        pd.DataFrame(
            {
                "span": graph.column("key").take(nodes).to_pandas(),
                "host": graph.column("source").take(nodes).to_pandas(),
                "start_us": intervals.start[own],
                "shift_us": shifts,
                "contained_start_us": intervals.start[own] + shifts,
                "too_far": np.array(far, dtype=np.bool_)[own],
            },
        ),
    )


def _shift(parent_start: int, parent_duration: int, start: int, duration: int) -> int:
    """Return how far a span moves to lie inside its parent: not at all if it does, to its middle if it fits."""
    if duration > parent_duration:
        return max(parent_start - start, 0)
    if start >= parent_start and start + duration <= parent_start + parent_duration:
        return 0
    return parent_start + (parent_duration - duration) // 2 - start
