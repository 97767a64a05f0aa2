"""Lists the flows of a graph: one row for each correlation id, which is the place to begin (`docs/tracing.md` 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.text import (
    counted,
    duration_text,
    number_text,
    text_table,
    time_text,
    visible,
)
from workbench.tracing.answers import Answer
from workbench.tracing.graph.arrays import components, longest_paths
from workbench.tracing.graph.graph import COMMAND_ROOT, ORIGIN, SELF_ROOT
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.unfinished import FINISHED, LACKING, YOUNG, outcome_states

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

_SHOWN = 20
_ID_LIMIT = 48
_ROOTS = (ORIGIN, SELF_ROOT, COMMAND_ROOT)


@dataclass(frozen=True, eq=False, repr=False)
class Flows(Answer):
    """The flows of a snapshot, those with failures and gaps first."""

    frame: pd.DataFrame
    """correlation_id, start, span_us, events, records, depth, roots, fragments, gaps, failures, finished.

    ``gaps`` counts causes that were not found, ``failures`` events that are dead letters or have one as a copy.
    ``finished`` is False where an event lacks an outcome that nearly all of its type have (`unfinished`), True where
    all have theirs, and NA where one may still get it or nothing was learnt for the types of the flow."""
    without: int
    """Events without a correlation id, which are in no flow."""

    def __len__(self) -> int:
        return len(self.frame)

    def text(self) -> str:
        """Write the first flows as a table."""
        lines = [f"{counted(len(self), 'flow')}, {counted(self.without, 'event')} without a correlation id"]
        if len(self):
            names = [name for name in self.frame.columns if name != "records"]
            shown = self.frame.head(_SHOWN)
            # As numbers: the datetime of Python knows the years 1 to 9999 only.
            shown = shown.assign(start=shown["start"].astype("int64"))
            rows = [[_cell(name, row[name]) for name in names] for row in shown.to_dict("records")]
            lines.append(text_table(names, rows, numeric=tuple(range(2, len(names) - 1))))
            if len(self) > _SHOWN:
                lines.append(f"… {counted(len(self) - _SHOWN, 'more flow')} in .frame")
        return "\n".join(lines)


def _cell(name: str, value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if name == "finished":
        return "yes" if value else "no"
    if name == "start":
        return "" if value == NO_TIME else time_text(int(str(value)), "us")
    if name == "span_us":
        return duration_text(int(str(value)), "us")
    return number_text(value) if isinstance(value, int) else visible(str(value), _ID_LIMIT)


def flows(graph: CausalGraph) -> Flows:
    """Describe each correlation id of a graph; edges to other flows do not count.

    Args:
        graph: The graph, best of a whole snapshot.
    """
    correlation = graph.encoded("correlation_id")
    flow, count = correlation.codes, len(correlation.dictionary)
    known = flow >= 0
    used = graph.used_edges
    inside = (flow[used.cause] == flow[used.effect]) & known[used.cause]
    cause, effect = used.cause[inside], used.effect[inside]
    first, last = _bounds(graph.time, flow, count)
    frame = pd.DataFrame(
        {
            "correlation_id": correlation.dictionary.to_pandas(),
            "start": pa.array(first, mask=first == NO_TIME).cast(pa.timestamp("us", tz="UTC")).to_pandas(),
            "span_us": pd.Series(pd.arrays.IntegerArray(np.where(first == NO_TIME, 0, last - first), first == NO_TIME)),
            "events": _counts(flow, known, count),
            "records": _counts(flow, known, count) + _of_nodes(graph, "copies", flow, count),
            "depth": _depths(cause, effect, flow, count),
            "roots": _counts(flow, known & np.isin(graph.root_kind, _ROOTS), count),
            "fragments": _fragments(cause, effect, flow, count),
            "gaps": _of_nodes(graph, "unresolved", flow, count),
            "failures": _counts(flow, known & failed(graph), count),
            "finished": _finished(graph, flow, count),
        }
    )
    order = np.lexsort((np.arange(count), np.where(first == NO_TIME, np.iinfo(np.int64).max, first)))
    first_wrong = frame.iloc[order].sort_values(["failures", "gaps"], ascending=False, kind="stable")
    return Flows(first_wrong.reset_index(drop=True), int((~known).sum()))


def failed(graph: CausalGraph) -> Flags:
    """Mark events that are dead letters, or of which a copy is one."""
    topic = graph.encoded("topic")
    of_topic = np.array([is_dead_letter_topic(name) for name in topic.dictionary.to_pylist()] + [False], dtype=np.bool_)
    marked: Flags = of_topic[topic.codes].copy()
    copies = graph.facts.copies
    marked[copies.node[copies.named("kind", "dead_letter")]] = True
    return marked


def _finished(graph: CausalGraph, flow: Ints, count: int) -> pd.Series[bool]:
    if not graph.provenance.whole:
        # In a selection effects are cut off.
        return pd.Series([pd.NA] * count, dtype="boolean")
    state = outcome_states(graph)
    lacking, young, done = (_counts(flow, (flow >= 0) & (state == one), count) for one in (LACKING, YOUNG, FINISHED))
    known = (lacking > 0) | ((young == 0) & (done > 0))
    return pd.Series(pd.arrays.BooleanArray(known & (lacking == 0), ~known))


def _counts(flow: Ints, chosen: Flags, count: int) -> Ints:
    return np.bincount(flow[chosen], minlength=count)


def _of_nodes(graph: CausalGraph, name: str, flow: Ints, count: int) -> Ints:
    """Count the copies, or the unresolved causes, by the flow of their event."""
    copies, unresolved = graph.facts.copies, graph.facts.unresolved
    of = flow[copies.node[~copies.named("kind", "collision")] if name == "copies" else unresolved.node]
    return np.bincount(of[of >= 0], minlength=count)


def _bounds(time: Ints, flow: Ints, count: int) -> tuple[Ints, Ints]:
    timed = (flow >= 0) & (time != NO_TIME)
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, NO_TIME)
    np.minimum.at(first, flow[timed], time[timed])
    np.maximum.at(last, flow[timed], time[timed])
    return np.where(last == NO_TIME, NO_TIME, first), last


def _depths(cause: Ints, effect: Ints, flow: Ints, count: int) -> Ints:
    deepest = np.zeros(count, dtype=np.int64)
    depth = longest_paths(len(flow), cause, effect)
    np.maximum.at(deepest, flow[flow >= 0], depth[flow >= 0])
    return deepest


def _fragments(cause: Ints, effect: Ints, flow: Ints, count: int) -> Ints:
    leads = components(len(flow), cause, effect) == np.arange(len(flow))
    return np.bincount(flow[leads & (flow >= 0)], minlength=count)
