"""Directly-follows graph: what comes next in time within a correlation, whether caused or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.text import counted, text_table
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, share_text, type_text
from workbench.tracing.graph.arrays import Groups, reach
from workbench.tracing.graph.columns import encoded_rank
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.spread import grouped_quantiles
from workbench.tracing.graph.tallies import count_codes, count_distinct, number_pairs
from workbench.tracing.graph.time_order import order_ties
from workbench.tracing.graph.times import NO_TIME

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
    node = graph.by_correlation.members
    # Events without a time come first.
    unknown = node < np.searchsorted(graph.time, NO_TIME, "right")
    node = node[~unknown] if unknown.any() else node.copy()
    kinds = graph.typed_edges
    _order_ties(graph, case, node)
    return OrderedEvents(node, taken(case, node), taken(kinds.kind, node), kinds.names.to_pylist())


def _order_ties(graph: CausalGraph, case: Ints, node: Ints) -> None:
    """Order events of one case and one time by their position: they come in the order of their ids."""
    keys = (encoded_rank(graph.encoded("topic")), *map(graph.attributes.numbers, ("partition", "offset")))
    for begin, end in order_ties(node, case, graph.time, keys):
        some = node[begin:end]
        node[begin:end] = some[np.lexsort([key[some] for key in reversed(keys)])]


def directly_follows(graph: CausalGraph) -> DirectlyFollows:
    """Count consecutive pairs of types within each correlation, with the times between them.

    Between spans the time is from the end of the first to the start of the second, at least 0.
    """
    events = ordered_events(graph)
    neighbours = _Neighbours.of(events)
    between = _between(graph, events, neighbours.inside)
    median, p95, _ = grouped_quantiles(neighbours.place, between, len(neighbours.pairs[0]))
    frame = _counts(events, neighbours)
    frame.insert(3, "mean_us", np.bincount(neighbours.place, between, len(frame)) / frame["n"])
    frame.insert(4, "median_us", median)
    frame.insert(5, "p95_us", p95)
    frame = _sorted(frame, ignore_index=True)
    begins = np.append(True, events.case[1:] != events.case[:-1])[: len(events.case)]
    finishes = np.append(begins[1:], True)[: len(events.case)]
    starts, ends = (_by_type(events, marked) for marked in (begins, finishes))
    return DirectlyFollows(frame, starts, ends, left_out=len(graph) - len(events.node))


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Events that follow each other in one case, by the pair of their types."""

    inside: Flags
    """Marks the ordered events, the last one left out, that another one of their case follows."""
    place: Ints
    """Number of the pair of types of each that is marked."""
    pairs: tuple[Ints, Ints]
    """Types of the first and of the second event of each pair."""

    @classmethod
    def of(cls, events: OrderedEvents) -> _Neighbours:
        inside = events.case[1:] == events.case[:-1]
        first = np.flatnonzero(inside).astype(np.int32)
        pairs, place = number_pairs(events.kind, first, first + 1, len(events.names))
        return cls(inside, place, (pairs // len(events.names), pairs % len(events.names)))


def _counts(events: OrderedEvents, neighbours: _Neighbours) -> pd.DataFrame:
    """Count how often one type follows another: first, second, n, cases, share."""
    first, second = neighbours.pairs
    with_first = count_distinct(events.kind, events.case, len(events.names))
    with_pair = count_distinct(neighbours.place, events.case[:-1][neighbours.inside], len(first))
    return pd.DataFrame(
        {
            "first": pd.Series([events.names[code] for code in first], dtype=object),
            "second": pd.Series([events.names[code] for code in second], dtype=object),
            "n": count_codes(neighbours.place, len(first)),
            "cases": with_first[first],
            "share": with_pair / np.maximum(with_first[first], 1),
        },
    )


def _between(graph: CausalGraph, events: OrderedEvents, inside: Flags) -> Ints:
    """Return the time between neighbours; between spans from the end of the first to the start of the second."""
    first, second = events.node[:-1][inside], events.node[1:][inside]
    begin, end = graph.time[first], graph.time[second]
    if graph.optional("started") is None or graph.optional("ended") is None:
        return end - begin
    started, ended = graph.micros("started")[second], graph.micros("ended")[first]
    interval = (ended != NO_TIME) & (started != NO_TIME)
    between = np.where(interval, started, end) - np.where(interval, ended, begin)
    return np.where(interval, np.maximum(between, 0), between)


def _sorted(pairs: pd.DataFrame, *, ignore_index: bool) -> pd.DataFrame:
    by_name = ["first", "second"]
    return pairs.sort_values(by_name, ignore_index=ignore_index, key=lambda names: names.fillna("").astype(str))


def _by_type(events: OrderedEvents, marked: Flags) -> dict[str, int]:
    counts = np.bincount(events.kind[marked], minlength=len(events.names)).tolist()
    named = {
        "(no type)" if name is None else name: count for name, count in zip(events.names, counts, strict=True) if count
    }
    return dict(sorted(named.items(), key=lambda pair: (-pair[1], pair[0])))


def never_connected(graph: CausalGraph) -> pd.DataFrame:
    """Find pairs that nearly always follow each other and never by a cause: instrumentation may be missing.

    Returns:
        first, second, n, cases, share, and the number of one first and one second event.
    """
    events = ordered_events(graph)
    neighbours = _Neighbours.of(events)
    follows = _counts(events, neighbours)
    likely = _sorted(follows[(follows["cases"] >= LEAST_CASES) & (follows["share"] >= LEAST_SHARE)], ignore_index=False)
    if likely.empty:
        return likely.assign(first_event=[], second_event=[])
    first, second = events.node[:-1][neighbours.inside], events.node[1:][neighbours.inside]
    used = graph.used_edges
    above = Groups.of(used.effect, len(graph), used.cause)
    rows = []
    for place, row in zip(likely.index, likely.to_dict("records"), strict=True):
        places = np.flatnonzero(neighbours.place == place)
        if not _connected(graph, above, first[places], second[places]):
            rows.append({**row, "first_event": first[places[0]], "second_event": second[places[0]]})
    return pd.DataFrame(rows, columns=[*likely.columns, "first_event", "second_event"])


def _connected(graph: CausalGraph, above: Groups, first: Ints, second: Ints) -> bool:
    fragment = graph.structure.fragment
    together = np.flatnonzero(fragment[first] == fragment[second])
    for place in together[:_CHECKED].tolist():
        if reach(above, second[place : place + 1], len(graph))[first[place]]:
            return True
    # More than can be walked are in one fragment: then nothing is claimed.
    return len(together) > _CHECKED
