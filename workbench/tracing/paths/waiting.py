"""Splits hops into waiting in the topic and processing by the consumer (`docs/tracing.md` 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError
from workbench.text import counted, text_table
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, type_text
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

GRADES = ("exact", "interpolated", "bounded", "unknown")
"""How well a split is known, best first. All but ``exact`` give at most this waiting, at least this processing."""
EXACT, INTERPOLATED, BOUNDED, UNKNOWN = range(len(GRADES))

SAMPLE_COLUMNS = ("topic", "partition", "time_us", "committed")


@dataclass(frozen=True, eq=False, repr=False)
class WaitingTimes(Answer):
    """How long each hop waited in its topic, and how long it was worked on."""

    frame: pd.DataFrame
    """cause, effect, cause_type, effect_type, hop_us, waiting_us, processing_us, grade. Waiting is an upper bound and
    processing a lower one, except where the grade is ``exact``."""
    group: str | None
    """The consumer group whose committed positions were used."""

    @property
    def by_type(self) -> pd.DataFrame:
        """Medians of each pair of types: n, waiting_us, processing_us, and how many hops have each grade."""
        pairs = self.frame.groupby(["cause_type", "effect_type"], dropna=False)
        medians = pairs[["waiting_us", "processing_us"]].median()
        grades = self.frame["grade"].value_counts()
        medians.insert(0, "n", pairs.size())
        medians.attrs["grades"] = {str(name): int(number) for name, number in grades.items()}
        return medians.reset_index()

    def text(self) -> str:
        """Write the medians by pair of types."""
        by_type = self.by_type.sort_values("waiting_us", ascending=False)
        whose = "" if self.group is None else f", by the commits of {type_text(self.group)}"
        grades = ", ".join(f"{name} {number}" for name, number in by_type.attrs["grades"].items())
        rows = [
            (
                type_text(row.cause_type),
                type_text(row.effect_type),
                row.n,
                micros_text(row.waiting_us),
                micros_text(row.processing_us),
            )
            for row in by_type.head(SHOWN).itertuples(index=False)
        ]
        table = text_table(["cause", "effect", "n", "waiting ≤", "processing ≥"], rows, numeric=(2, 3, 4))
        head = f"waiting and processing: {counted(len(self.frame), 'hop')}{whose} ({grades or 'none'})"
        return "\n".join([head, table, *rest_text(len(by_type), "pair")])


def waiting_times(graph: CausalGraph, samples: pd.DataFrame | None = None, group: str | None = None) -> WaitingTimes:
    """Split the hop from the binding cause of each event.

    Args:
        graph: A graph; ``started`` of a cause is when its consumer began.
        samples: Committed positions of one group: ``topic``, ``partition``, ``time_us``, ``committed``.
        group: Name of that group, for the text.

    Raises:
        TableError: The samples lack a column.
    """
    binding = graph.structure.binding
    effect = np.flatnonzero(binding >= 0)
    cause = binding[effect]
    timed = (graph.time[cause] != NO_TIME) & (graph.time[effect] != NO_TIME)
    effect, cause = effect[timed], cause[timed]
    begin, hop = graph.time[cause], graph.time[effect] - graph.time[cause]
    passed, grade = _passed(graph, cause, samples)
    started = _started(graph, cause, effect)
    exact = started != NO_TIME
    passed, grade = np.where(exact, started, passed), np.where(exact, EXACT, grade)
    known = grade != UNKNOWN
    waiting = np.where(
        known, np.clip(np.where(known, passed, begin) - begin, 0, np.maximum(hop, 0)), np.maximum(hop, 0)
    )
    keys, types = graph.column("key"), graph.column("event_type")
    frame = pd.DataFrame(
        {
            **{name: keys.take(pa.array(one)).to_pandas() for name, one in (("cause", cause), ("effect", effect))},
            **{f"{n}_type": types.take(pa.array(one)).to_pandas() for n, one in (("cause", cause), ("effect", effect))},
            "hop_us": hop,
            "waiting_us": waiting,
            "processing_us": np.maximum(hop, 0) - waiting,
            "grade": pd.Categorical.from_codes(grade, pd.Index(GRADES)),
        },
    )
    return WaitingTimes(frame, group)


def _started(graph: CausalGraph, cause: Ints, effect: Ints) -> Ints:
    """Return when the consumer of each cause began: its own span, else what a copy of the cause says."""
    kind = graph.optional("span_kind")
    is_span = np.zeros(len(graph), dtype=np.bool_) if kind is None else flags(pc.is_valid(kind))
    consumer = np.zeros(len(graph), dtype=np.bool_) if kind is None else flags(pc.equal(kind, "consumer"))
    started = graph.micros("started")
    by_span = consumer[effect] & ~is_span[cause]
    return np.where(by_span, started[effect], np.where(is_span[cause], NO_TIME, started[cause]))


def _passed(graph: CausalGraph, cause: Ints, samples: pd.DataFrame | None) -> tuple[Ints, Ints]:
    """Find when the group's committed position passed each record, at the latest, and how well that is known."""
    passed, grade = np.zeros(len(cause), dtype=np.int64), np.full(len(cause), UNKNOWN)
    if samples is None:
        return passed, grade
    if missing := [name for name in SAMPLE_COLUMNS if name not in samples.columns]:
        raise TableError(
            f"The samples lack {', '.join(missing)}; they need {', '.join(SAMPLE_COLUMNS)}.", columns=missing
        )
    at = graph.rows(["topic", "partition", "offset"], cause).to_pandas()
    places = at.groupby(["topic", "partition"]).indices
    for place, rows in samples.dropna(subset=["committed"]).sort_values("time_us").groupby(["topic", "partition"]):
        if place in places:
            hops = places[place]
            time, committed = (rows[name].to_numpy(np.int64) for name in ("time_us", "committed"))
            passed[hops], grade[hops] = passing_times(at["offset"].to_numpy(np.int64)[hops], time, committed)
    return passed, grade


def passing_times(offsets: Ints, time: Ints, committed: Ints) -> tuple[Ints, Ints]:
    """Interpolate between the samples around each offset.

    Args:
        offsets: Offsets of records of one partition.
        time: Times of the samples, ascending.
        committed: Committed positions at these times; one that goes back counts as the largest before it.

    Returns:
        When each offset was passed at the latest, and the index into `GRADES`.
    """
    reached = np.maximum.accumulate(committed)
    after = np.searchsorted(reached, offsets, "right")
    grade = np.select([after == len(reached), after == 0], [UNKNOWN, BOUNDED], INTERPOLATED)
    later = np.minimum(after, len(reached) - 1)
    before = np.maximum(later - 1, 0)
    step = np.maximum(reached[later] - reached[before], 1)
    # A share first: offsets times microseconds do not fit into 64 bits.
    part = (offsets + 1 - reached[before]) / step
    between = time[before] + np.rint(part * (time[later] - time[before])).astype(np.int64)
    return np.where(grade == BOUNDED, time[0], between), grade
