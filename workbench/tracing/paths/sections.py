"""Sections of the critical path of synchronous spans: what the caller waited for at each instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from workbench.tracing.graph.arrays import Groups

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.paths.intervals import Intervals

Boundary: TypeAlias = Literal["inclusive", "strict"]
"""``strict`` skips a child that ends when the next one starts; it is for comparison with tools that do so."""

_NEARLY = 0.01
"""Share of the parent's duration by which two children may overlap and still count as one after the other."""


@dataclass(frozen=True, slots=True)
class CallTree:
    """The intervals under one root, clipped to their parents; what does not fit inside is dropped."""

    root: int
    start: list[int]
    end: list[int]
    children: dict[int, list[int]]
    """Latest end first, then earlier start, then smaller id."""


def call_tree(intervals: Intervals, root: int, rank: Ints, *, prune_async: bool) -> CallTree:
    """Clip the intervals under a root, from the top down.

    Args:
        intervals: All intervals.
        root: Index of the root's interval.
        rank: Order of the ids, for ties.
        prune_async: Leave out consumers below producers.
    """
    keep: Flags = intervals.parent >= 0
    if prune_async:
        keep = keep & ~intervals.detached
    below = np.flatnonzero(keep)
    groups = Groups.of(intervals.parent[below], len(intervals), below)
    start, end = intervals.start.tolist(), intervals.end.tolist()
    starts, members, ranks = groups.starts, groups.members, rank.tolist()
    children: dict[int, list[int]] = {}
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        inside = []
        for child in members[starts[parent] : starts[parent + 1]].tolist():
            first, last = start[child], end[child]
            if first >= end[parent] and not (first == last == start[parent]):
                continue
            if last <= start[parent] and first < start[parent]:
                continue
            start[child], end[child] = max(first, start[parent]), min(last, end[parent])
            inside.append(child)
        inside.sort(key=lambda one: (-end[one], start[one], ranks[one]))
        children[parent] = inside
        waiting += inside
    return CallTree(root, start, end, children)


def path_sections(tree: CallTree, boundary: Boundary = "inclusive") -> list[tuple[int, int, int]]:
    """Return (interval, from, to), latest first; together they fill the root's interval without a gap."""
    sections: list[tuple[int, int, int]] = []
    stack = [(tree.root, tree.end[tree.root], 0)]
    while stack:
        span, until, used = stack.pop()
        children = tree.children.get(span, [])
        # The list is in the order of the ends, and the time only goes back: what is too late now stays too late.
        while used < len(children) and _too_late(tree.end[children[used]], until, boundary, first=used == 0):
            used += 1
        if used == len(children):
            _emit(sections, span, tree.start[span], until)
            continue
        child = children[used]
        _emit(sections, span, tree.end[child], until)
        stack += [(span, tree.start[child], used + 1), (child, tree.end[child], 0)]
    return sections


def _too_late(end: int, until: int, boundary: Boundary, *, first: bool) -> bool:
    return not first and (end >= until if boundary == "strict" else end > until)


def _emit(sections: list[tuple[int, int, int]], span: int, start: int, end: int) -> None:
    if end > start:
        sections.append((span, start, end))


def tolerant_path(tree: CallTree) -> list[tuple[int, int]]:
    """Return (interval, time of its own) of the spans on the path; children may overlap by a hair (6.2)."""
    found: list[tuple[int, int]] = []
    waiting = [tree.root]
    while waiting:
        span = waiting.pop()
        chosen = _in_a_row(tree, span)
        duration = tree.end[span] - tree.start[span]
        inner = sum(tree.end[child] - tree.start[child] for child in chosen)
        found.append((span, max(duration - inner, 0)))
        waiting += chosen[::-1]
    return found


def _in_a_row(tree: CallTree, span: int) -> list[int]:
    """Choose children from the last one back, each before the one taken last."""
    children = [one for one in tree.children.get(span, []) if tree.end[one] > tree.start[span]]
    if not children:
        return []
    points = np.sort([*(tree.start[one] for one in children), *(tree.end[one] for one in children)])
    duration = tree.end[span] - tree.start[span]
    chosen = [children[0]]
    for one in children[1:]:
        after = chosen[-1]
        first, last = tree.start[after], tree.end[one]
        if last < first:
            chosen.append(one)
        elif last < tree.end[after] and tree.start[one] < first and (last - first) / max(duration, 1) < _NEARLY:
            between = np.searchsorted(points, last, "right") - np.searchsorted(points, first, "left")
            if between == 2:  # noqa: PLR2004 - the end of one and the start of the other, and nothing else
                chosen.append(one)
    return chosen


def self_times(intervals: Intervals) -> Ints:
    """Return the duration of each interval less what its children cover, overlaps once (6.3)."""
    own = intervals.end - intervals.start
    child = np.flatnonzero(intervals.parent >= 0)
    parent = intervals.parent[child]
    start = np.maximum(intervals.start[child], intervals.start[parent])
    end = np.minimum(intervals.end[child], intervals.end[parent])
    fits = end > start
    start, end, parent = start[fits], end[fits], parent[fits]
    order = np.lexsort((start, parent))
    start, end, parent = start[order], end[order], parent[order]
    reached = _reached_before(parent, end, start)
    covered = np.maximum(end - np.maximum(start, reached), 0)
    total = np.zeros(len(own), dtype=np.int64)
    np.add.at(total, parent, covered)
    left: Ints = own - total
    return left


def _reached_before(group: Ints, end: Ints, start: Ints) -> Ints:
    """Return, for each row, the latest end among earlier rows of its group; the row's start where there is none."""
    by_group = pd.Series(end).groupby(group)
    before = by_group.cummax().groupby(group).shift()
    known = before.notna().to_numpy()
    reached: Ints = np.where(known, before.fillna(0).to_numpy(np.int64), start)
    return reached
