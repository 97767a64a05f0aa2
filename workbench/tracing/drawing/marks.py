"""Chooses the marks of a view (events, groups, virtual causes, neighbours) and the lines between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.tracing.drawing import theme
from workbench.tracing.drawing.fold import Folding, fold
from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.edges import EDGE_KINDS, VIRTUAL
from workbench.tracing.graph.times import NO_TIME, hops

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

_BESIDES = 50
"""Virtual causes, and neighbours outside the selection, that a view draws at most."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Edges between marks; edges of the graph that fall on one line are counted."""

    cause: Ints
    effect: Ints
    kind: Ints
    breaks: Flags
    edges: Ints
    hop_us: Ints
    """Of a line that stands for one edge; `NO_TIME` where unknown or meaningless."""
    on_path: Flags
    """At least one of the edges is on the critical path."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is to be seen at once of each event of a graph."""

    failed: Flags
    dead: Flags
    breaks: Flags
    """A cause is missing, or of another correlation."""
    on_path: Flags

    @classmethod
    def of(cls, graph: CausalGraph, on_path: Flags | None) -> Signs:
        """Judge the events by their types, topics, copies, causes and correlations."""
        types, topics = (EncodedColumn.of(graph.column(name)) for name in ("event_type", "topic"))
        dead = _by_name(types, lambda name: theme.is_dead_letter(name, None))
        dead |= _by_name(topics, lambda name: theme.is_dead_letter(None, name))
        dead[graph.copies.loc[graph.copies["kind"] == "dead_letter", "node"].to_numpy(np.int64)] = True
        failed = graph.marked("failed") & ~dead | _by_name(types, theme.is_failure)
        return cls(failed, dead, _breaks(graph), np.zeros(len(graph), dtype=np.bool_) if on_path is None else on_path)

    def inside(self, mark: Ints, count: int) -> tuple[Ints, Ints, Ints]:
        """Count failures, dead letters and breaks behind each mark."""
        failed, dead, breaks = (
            np.bincount(mark[one], minlength=count) for one in (self.failed, self.dead, self.breaks)
        )
        return failed, dead, breaks


def _by_name(column: EncodedColumn, test: Callable[[str], bool]) -> Flags:
    known = np.array([*(test(name) for name in column.dictionary.to_pylist()), False], dtype=np.bool_)
    return known[column.codes]


def _breaks(graph: CausalGraph) -> Flags:
    breaks = np.zeros(len(graph), dtype=np.bool_)
    breaks[graph.unresolved.loc[graph.unresolved["reason"] == "missing", "node"].to_numpy(np.int64)] = True
    code, used = EncodedColumn.of(graph.column("correlation_id")).codes, graph.used_edges
    first, second = code[used.cause], code[used.effect]
    breaks[used.effect[(first >= 0) & (second >= 0) & (first != second)]] = True
    return breaks


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a view, numbered in this order: events, groups, virtual causes, neighbours."""

    graph: CausalGraph
    folding: Folding
    virtual: list[str]
    outside: pd.DataFrame
    """neighbour, event_type, direction: one row for each mark."""
    lines: Lines
    time: Ints
    """Of an event its own, of a group and of what lies outside the earliest around it."""
    hidden_virtual: int
    hidden_outside: int
    signs: Signs

    def __len__(self) -> int:
        return len(self.time)

    @property
    def first_group(self) -> int:
        return len(self.folding.shown)

    @property
    def first_virtual(self) -> int:
        return self.first_group + len(self.folding.groups)


def marks_of(graph: CausalGraph, *, limit: int, opened: Collection[str], on_path: Flags | None = None) -> Marks:
    """Fold the graph, and list its marks and the lines between them; ``on_path`` marks the critical path."""
    signs = Signs.of(graph, on_path)
    types = EncodedColumn.of(graph.column("event_type")).codes
    folding = fold(graph.structure.primary, types, limit=limit, opened=opened)
    first_virtual = len(folding.shown) + len(folding.groups)
    virtual, virtual_lines = _virtual(graph.virtual, folding, first_virtual)
    outside, outside_lines = _outside(graph.outside, folding, first_virtual + len(virtual))
    lines = _lines(graph, folding, pd.concat([virtual_lines, outside_lines]), signs.on_path)
    count = first_virtual + len(virtual) + len(outside)
    return Marks(
        graph=graph,
        folding=folding,
        virtual=virtual,
        outside=outside,
        lines=lines,
        time=_times(graph.time, folding, lines, count),
        hidden_virtual=graph.virtual["value"].nunique() - len(virtual),
        hidden_outside=graph.outside["neighbour"].nunique() - len(outside),
        signs=signs,
    )


def _virtual(frame: pd.DataFrame, folding: Folding, first: int) -> tuple[list[str], pd.DataFrame]:
    """The virtual causes that most events name, and a line from each to the marks of these events."""
    counts = frame.groupby("value").size().reset_index(name="n").sort_values(["n", "value"], ascending=[False, True])
    chosen = sorted(counts["value"].head(_BESIDES))
    place = {value: first + number for number, value in enumerate(chosen)}
    drawn = frame[frame["value"].isin(chosen)]
    return chosen, pd.DataFrame(
        {
            "cause": drawn["value"].map(place).astype(np.int64),
            "effect": folding.mark[drawn["node"].to_numpy(np.int64)],
            "kind": VIRTUAL,
        },
    )


def _outside(frame: pd.DataFrame, folding: Folding, first: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first neighbours beyond the selection, and lines between them and the marks of the selection."""
    marks = frame.drop_duplicates("neighbour").head(_BESIDES).reset_index(drop=True)
    place = {key: first + number for number, key in enumerate(marks["neighbour"])}
    drawn = frame[frame["neighbour"].isin(marks["neighbour"])]
    far = drawn["neighbour"].map(place).astype(np.int64).to_numpy()
    near = folding.mark[drawn["node"].to_numpy(np.int64)]
    causes = (drawn["direction"] == "cause").to_numpy()
    lines = pd.DataFrame(
        {
            "cause": np.where(causes, far, near),
            "effect": np.where(causes, near, far),
            "kind": drawn["kind"].map({name: code for code, name in enumerate(EDGE_KINDS)}).astype(np.int64).to_numpy(),
        },
    )
    return marks, lines


def _lines(graph: CausalGraph, folding: Folding, besides: pd.DataFrame, on_path: Flags) -> Lines:
    edges = graph.edges
    binding = graph.structure.binding[edges.effect] == edges.cause
    between, timed = hops(graph.time, edges.cause, edges.effect)
    inner = pd.DataFrame(
        {
            "cause": folding.mark[edges.cause],
            "effect": folding.mark[edges.effect],
            "kind": edges.kind,
            "breaks": graph.layout_breaks(),
            "hop": np.where(timed, between, NO_TIME),
            "path": on_path[edges.cause] & on_path[edges.effect] & binding,
        },
    )
    inner = inner[inner["cause"] != inner["effect"]]
    everything = pd.concat([inner, besides.assign(breaks=False, hop=NO_TIME, path=False)], ignore_index=True)
    grouped = everything.groupby(["cause", "effect", "kind", "breaks"], sort=True)
    found = grouped.agg(size=("hop", "size"), first=("hop", "first"), path=("path", "max")).reset_index()
    size = found["size"].to_numpy(np.int64)
    return Lines(
        cause=found["cause"].to_numpy(np.int64),
        effect=found["effect"].to_numpy(np.int64),
        kind=found["kind"].to_numpy(np.int64),
        breaks=found["breaks"].to_numpy(np.bool_),
        edges=size,
        hop_us=np.where(size == 1, found["first"].to_numpy(np.int64), NO_TIME),
        on_path=found["path"].to_numpy(np.bool_),
    )


def _times(time: Ints, folding: Folding, lines: Lines, count: int) -> Ints:
    latest = np.iinfo(np.int64).max
    earliest = np.full(count, latest)
    known = time != NO_TIME
    np.minimum.at(earliest, folding.mark[known], time[known])
    around = earliest.copy()
    np.minimum.at(around, lines.cause, earliest[lines.effect])
    np.minimum.at(around, lines.effect, earliest[lines.cause])
    first_virtual = len(folding.shown) + len(folding.groups)
    earliest[first_virtual:] = around[first_virtual:]
    return np.where(earliest == latest, NO_TIME, earliest)
