"""Directly-follows graph: what comes next in time within a correlation, whether caused or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.text import counted, text_table
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, share_text, type_text
from workbench.tracing.graph.arrays import Groups, paired, reach
from workbench.tracing.graph.columns import encoded_rank
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.type_map import distinct

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

LEAST_CASES = 20
LEAST_SHARE = 0.95
_CHECKED = 500
"""Pairs whose ancestors are walked before a pair of types counts as never connected."""


@dataclass(frozen=True, eq=False, repr=False)
class DirectlyFollows(Answer):
    """Neighbours in time are not causes: parallel branches give edges that no cause stands behind."""

    frame: pd.DataFrame
    """first, second, n, mean_us, median_us, p95_us, cases (that contain the first type), share (of these cases, those
    with the pair)."""
    starts: dict[str, int]
    """Number of cases that begin with each type."""
    ends: dict[str, int]
    left_out: int
    """Events without a correlation id or without a time."""

    def text(self) -> str:
        """Write the pairs, the most frequent first."""
        shown = self.frame.sort_values(["n", "first", "second"], ascending=[False, True, True]).head(SHOWN)
        rows = [
            (
                f"{type_text(row.first)} > {type_text(row.second)}",
                row.n,
                share_text(row.share),
                micros_text(row.mean_us),
                micros_text(row.p95_us),
            )
            for row in shown.itertuples(index=False)
        ]
        head = f"directly follows (order in time, no causes): {counted(len(self.frame), 'pair')}"
        if self.left_out:
            head += f", {counted(self.left_out, 'event')} without correlation or time left out"
        return "\n".join([head, text_table(["pair", "n", "share", "mean", "p95"], rows, numeric=(1, 2, 3, 4)),
                          *rest_text(len(self.frame), "pair")])  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderedEvents:
    """Events with a correlation and a time, by case and then by (t, topic, partition, offset)."""

    node: Ints
    case: Ints
    kind: Ints
    """Code of the type; the last one is for events without a type."""
    names: list[str | None]


def ordered_events(graph: CausalGraph) -> OrderedEvents:
    """Order the events of each case in time."""
    case = graph.encoded("correlation_id").codes
    node = np.flatnonzero((case >= 0) & (graph.time != NO_TIME))
    kinds = graph.encoded("event_type")
    place = [graph.column(name).to_numpy(zero_copy_only=False)[node] for name in ("offset", "partition")]
    order = np.lexsort((*place, encoded_rank(graph.encoded("topic"))[node], graph.time[node], case[node]))
    node = node[order]
    names = [*kinds.dictionary.to_pylist(), None]
    kind = np.where(kinds.codes < 0, len(names) - 1, kinds.codes)
    return OrderedEvents(node, case[node], kind[node], names)


def directly_follows(graph: CausalGraph) -> DirectlyFollows:
    """Count consecutive pairs of types within each correlation, with the times between them.

    Between spans the time is from the end of the first to the start of the second, at least 0.
    """
    events = ordered_events(graph)
    inside, pair, between = _pairs(graph, events)
    width = len(events.names)
    pairs, place = np.unique(pair, return_inverse=True)
    grouped = pd.Series(between, dtype=np.float64).groupby(place)
    cases = int(events.case.max(initial=-1)) + 1
    with_first = distinct(events.kind, events.case, width, cases)
    with_pair = distinct(place, events.case[:-1][inside], len(pairs), cases)
    first = pairs // width
    frame = pd.DataFrame(
        {
            "first": pd.Series([events.names[code] for code in first], dtype=object),
            "second": pd.Series([events.names[code] for code in pairs % width], dtype=object),
            "n": np.bincount(place, minlength=len(pairs)),
            "mean_us": grouped.mean().to_numpy(),
            "median_us": grouped.median().to_numpy(),
            "p95_us": grouped.quantile(0.95).to_numpy(),
            "cases": with_first[first],
            "share": with_pair / np.maximum(with_first[first], 1),
        },
    )
    frame = frame.sort_values(["first", "second"], ignore_index=True, key=lambda names: names.fillna("").astype(str))
    begins = np.append(True, events.case[1:] != events.case[:-1])[: len(events.case)]
    finishes = np.append(begins[1:], True)[: len(events.case)]
    starts, ends = (_by_type(events, marked) for marked in (begins, finishes))
    return DirectlyFollows(frame, starts, ends, left_out=len(graph) - len(events.node))


def _pairs(graph: CausalGraph, events: OrderedEvents) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], Ints, Ints]:
    """Return which neighbours are of one case, and for these the pair of types and the time between."""
    inside = events.case[1:] == events.case[:-1]
    first, second = events.node[:-1][inside], events.node[1:][inside]
    started, ended = graph.micros("started"), graph.micros("ended")
    interval = (ended[first] != NO_TIME) & (started[second] != NO_TIME)
    begin = np.where(interval, ended[first], graph.time[first])
    end = np.where(interval, started[second], graph.time[second])
    between = np.where(interval, np.maximum(end - begin, 0), end - begin)
    return inside, paired(events.kind[:-1][inside], events.kind[1:][inside], len(events.names)), between


def _by_type(events: OrderedEvents, marked: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str, int]:
    counts = np.bincount(events.kind[marked], minlength=len(events.names)).tolist()
    named = {type_text(name): count for name, count in zip(events.names, counts, strict=True) if count}
    return dict(sorted(named.items(), key=lambda pair: (-pair[1], pair[0])))


def never_connected(graph: CausalGraph) -> pd.DataFrame:
    """Find pairs that nearly always follow each other and never by a cause: instrumentation may be missing.

    Returns:
        first, second, n, cases, share, and the key of one first and one second event.
    """
    follows = directly_follows(graph).frame
    likely = follows[(follows["cases"] >= LEAST_CASES) & (follows["share"] >= LEAST_SHARE)]
    if likely.empty:
        return likely.assign(first_event=[], second_event=[])
    events = ordered_events(graph)
    inside, pair, _ = _pairs(graph, events)
    first, second = events.node[:-1][inside], events.node[1:][inside]
    used = graph.used_edges
    above = Groups.of(used.effect, len(graph), used.cause)
    codes = {name: code for code, name in enumerate(events.names)}
    rows = []
    for row in likely.to_dict("records"):
        places = np.flatnonzero(pair == codes[row["first"]] * len(events.names) + codes[row["second"]])
        if not _connected(graph, above, first[places], second[places]):
            keys = graph.column("key").take(pa.array([first[places[0]], second[places[0]]])).to_pylist()
            rows.append({**row, "first_event": keys[0], "second_event": keys[1]})
    return pd.DataFrame(rows, columns=[*likely.columns, "first_event", "second_event"])


def _connected(graph: CausalGraph, above: Groups, first: Ints, second: Ints) -> bool:
    fragment = graph.structure.fragment
    together = np.flatnonzero(fragment[first] == fragment[second])
    for place in together[:_CHECKED].tolist():
        if reach(above, second[place : place + 1], len(graph))[first[place]]:
            return True
    # More than can be walked are in one fragment: then nothing is claimed.
    return len(together) > _CHECKED
