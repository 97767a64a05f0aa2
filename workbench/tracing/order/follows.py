"""Directly-follows graph: what comes next in time within a correlation, whether caused or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.text import counted, text_table
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, share_text, type_text
from workbench.tracing.graph.arrays import Groups, numbered, paired, reach
from workbench.tracing.graph.columns import encoded_rank
from workbench.tracing.graph.tallies import count_distinct
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.type_map import grouped_quantiles

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

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
    node = Groups.of(case[node], int(case.max(initial=-1)) + 1, node).members
    _order_ties(graph, case, node)
    names = [*kinds.dictionary.to_pylist(), None]
    kind = np.where(kinds.codes < 0, len(names) - 1, kinds.codes)
    return OrderedEvents(node, case[node], kind[node], names)


def _order_ties(graph: CausalGraph, case: Ints, node: Ints) -> None:
    """Order events of one case and one time by their position: they come in the order of their ids."""
    tied = (case[node[1:]] == case[node[:-1]]) & (graph.time[node[1:]] == graph.time[node[:-1]])
    if not tied.any():
        return
    place = np.flatnonzero(np.append(tied, False) | np.append(False, tied))
    some = node[place]
    run = np.cumsum(np.append(True, ~tied))[place]
    rows = graph.rows(["partition", "offset"], some)
    partition, offset = (rows[name].to_numpy() for name in ("partition", "offset"))
    node[place] = some[np.lexsort((offset, partition, encoded_rank(graph.encoded("topic"))[some], run))]


def directly_follows(graph: CausalGraph) -> DirectlyFollows:
    """Count consecutive pairs of types within each correlation, with the times between them.

    Between spans the time is from the end of the first to the start of the second, at least 0.
    """
    events = ordered_events(graph)
    return _follows(graph, events, _pairs(graph, events))


def _follows(graph: CausalGraph, events: OrderedEvents, neighbours: tuple[Flags, Ints, Ints]) -> DirectlyFollows:
    inside, pair, between = neighbours
    width = len(events.names)
    pairs, place = numbered(pair, width * width)
    with_first = count_distinct(events.kind, events.case, width)
    with_pair = count_distinct(place, events.case[:-1][inside], len(pairs))
    first, n = pairs // width, np.bincount(place, minlength=len(pairs))
    median, p95, _ = grouped_quantiles(place, between, len(pairs))
    frame = pd.DataFrame(
        {
            "first": pd.Series([events.names[code] for code in first], dtype=object),
            "second": pd.Series([events.names[code] for code in pairs % width], dtype=object),
            "n": n,
            "mean_us": np.bincount(place, between, len(pairs)) / n,
            "median_us": median,
            "p95_us": p95,
            "cases": with_first[first],
            "share": with_pair / np.maximum(with_first[first], 1),
        },
    )
    frame = frame.sort_values(["first", "second"], ignore_index=True, key=lambda names: names.fillna("").astype(str))
    begins = np.append(True, events.case[1:] != events.case[:-1])[: len(events.case)]
    finishes = np.append(begins[1:], True)[: len(events.case)]
    starts, ends = (_by_type(events, marked) for marked in (begins, finishes))
    return DirectlyFollows(frame, starts, ends, left_out=len(graph) - len(events.node))


def _pairs(graph: CausalGraph, events: OrderedEvents) -> tuple[Flags, Ints, Ints]:
    """Return which neighbours are of one case, and for these the pair of types and the time between."""
    inside = events.case[1:] == events.case[:-1]
    first, second = events.node[:-1][inside], events.node[1:][inside]
    started, ended = graph.micros("started"), graph.micros("ended")
    interval = (ended[first] != NO_TIME) & (started[second] != NO_TIME)
    begin = np.where(interval, ended[first], graph.time[first])
    end = np.where(interval, started[second], graph.time[second])
    between = np.where(interval, np.maximum(end - begin, 0), end - begin)
    return inside, paired(events.kind[:-1][inside], events.kind[1:][inside], len(events.names)), between


def _by_type(events: OrderedEvents, marked: Flags) -> dict[str, int]:
    counts = np.bincount(events.kind[marked], minlength=len(events.names)).tolist()
    named = {type_text(name): count for name, count in zip(events.names, counts, strict=True) if count}
    return dict(sorted(named.items(), key=lambda pair: (-pair[1], pair[0])))


def never_connected(graph: CausalGraph) -> pd.DataFrame:
    """Find pairs that nearly always follow each other and never by a cause: instrumentation may be missing.

    Returns:
        first, second, n, cases, share, and the key of one first and one second event.
    """
    events = ordered_events(graph)
    neighbours = _pairs(graph, events)
    follows = _follows(graph, events, neighbours).frame
    likely = follows[(follows["cases"] >= LEAST_CASES) & (follows["share"] >= LEAST_SHARE)]
    if likely.empty:
        return likely.assign(first_event=[], second_event=[])
    inside, pair, _ = neighbours
    first, second = events.node[:-1][inside], events.node[1:][inside]
    used = graph.used_edges
    above = Groups.of(used.effect, len(graph), used.cause)
    codes = {name: code for code, name in enumerate(events.names)}
    rows = []
    for row in likely.to_dict("records"):
        places = np.flatnonzero(pair == codes[row["first"]] * len(events.names) + codes[row["second"]])
        if not _connected(graph, above, first[places], second[places]):
            keys = graph.keys(np.array([first[places[0]], second[places[0]]]))
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
