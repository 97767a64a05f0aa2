"""Writes a graph as a text tree of bounded size, which ``repr`` of a trace shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.text import and_more, counted, counts_text, duration_text, time_text
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.missing_ids import missing_ids_text
from workbench.tracing.text.labels import (
    EventLabels,
    copy_kind_counts,
    key_texts,
    labels_of,
    provenance_text,
    reason_counts,
    root_counts,
    short_id,
)

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

TREE_LIMIT = 60
"""Events that ``repr`` shows."""

_CHILDREN = 12
_LEVELS = 16
_OTHER_CAUSES = 3
_SHORT_ID = 40
_LINK_LABELS = {"copy": "copy of", "ambiguous": "perhaps caused by one of", "hint": "flow begun by"}


def tree_text(graph: CausalGraph, *, limit: int = TREE_LIMIT) -> str:
    """Write a header, the tree of primary causes, and how much was left out."""
    return "\n".join([*_header(graph), *_Tree(graph, limit).lines()])


def _header(graph: CausalGraph) -> list[str]:
    structure = graph.structure
    copies = copy_kind_counts(graph)
    records = len(graph) + sum(number for kind, number in copies.items() if kind != "collision")
    kinds = root_counts(graph)
    roots = {name: number for name, number in kinds.items() if name in ("origin", "self", "command")}
    reasons = reason_counts(graph)
    first = [
        f"causal graph: {counted(len(graph), 'event')} ({counted(records, 'record')})",
        counted(len(graph.used_edges), "edge"),
        counted(structure.fragments, "fragment"),
        f"depth {int(structure.depth.max()) if len(graph) else 0:,}",
    ]
    second = [f"roots {sum(roots.values()):,}" + _in_brackets(roots)]
    second += [f"{name} {kinds[name]:,}" for name in ("orphan", "unlinked") if name in kinds]
    second.append(f"unresolved causes {sum(reasons.values()):,}" + _in_brackets(reasons))
    if len(graph.virtual):
        second.append(f"shared causes outside the snapshot {graph.virtual['value'].nunique():,}")
    third = [f"copies {sum(copies.values()):,}" + _in_brackets(copies)] if copies else []
    if structure.cycles:
        members = sum(len(members) for members in structure.cycles)
        third.append(f"cycles {len(structure.cycles):,} ({counted(members, 'event')})")
    problems = {str(name): int(n) for name, n in sorted(graph.problems["problem"].value_counts().items())}
    third += [f"problems: {counts_text(problems)}"] if problems else []
    cut = len(graph.outside)
    third += [f"{counted(cut, 'edge')} cut by the selection"] if cut else []
    lines = [" · ".join(line) for line in (first, second, third) if line] + [provenance_text(graph)]
    missing = missing_ids_text(graph, "event_id") if len(graph) else None
    return lines if missing is None else [*lines, missing]


def _in_brackets(counts: dict[str, int]) -> str:
    return f" ({counts_text(counts)})" if any(counts.values()) else ""


class _Tree:
    """Chooses the events that fit, depth-first, and writes a line for each."""

    def __init__(self, graph: CausalGraph, limit: int) -> None:
        self._graph, self._structure, self._limit = graph, graph.structure, limit
        used, primary = graph.used_edges, graph.structure.primary
        has = np.flatnonzero(primary >= 0)
        self._children = Groups.of(primary[has], len(graph), has)
        self._causes = Groups.of(used.effect, len(graph), used.cause)
        self._links = graph.edges.pick(~graph.edges.used())
        self._links_of = Groups.of(self._links.effect, len(graph))
        self._plan: list[tuple[int, str, str]] = []
        self._notes: dict[int, list[str]] = {}

    def lines(self) -> list[str]:
        heads = np.flatnonzero(self._structure.primary < 0)
        heads = heads[np.argsort(self._structure.fragment[heads], kind="stable")]
        for head in heads.tolist():
            if len(self._plan) >= self._limit:
                break
            self._walk(head)
        shown = np.array([node for node, _, _ in self._plan], dtype=np.int64)
        labels = dict(zip(shown.tolist(), labels_of(self._graph, shown), strict=True))
        lines = []
        for node, lead, below in self._plan:
            lines.append(lead + self._line(labels[node], node))
            lines += [below + note for note in self._notes.get(node, ())]
        left = len(self._graph) - len(shown)
        if left:
            unseen = self._structure.fragments - len(np.unique(self._structure.fragment[shown]))
            lines.append(f"… {counted(left, 'more event')}, {counted(unseen, 'fragment')} not shown; .frame has all")
        return lines

    def _walk(self, head: int) -> None:
        stack = [(head, "", "", 0)]
        while stack and len(self._plan) < self._limit:
            node, lead, below, level = stack.pop()
            self._plan.append((node, lead, below))
            children = self._of(self._children, node)
            if level >= _LEVELS and len(children):
                self._notes[node] = [f"… {counted(len(children), 'effect')} and what follows, deeper than this view"]
                continue
            if len(children) > _CHILDREN:
                self._notes[node] = [f"… {counted(len(children) - _CHILDREN, 'more effect')} like these"]
            shown = children[:_CHILDREN].tolist()
            for i, child in reversed(list(enumerate(shown))):
                last = i == len(shown) - 1
                stack.append((child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), level + 1))

    def _line(self, labels: EventLabels, node: int) -> str:
        parent = int(self._structure.primary[node])
        pieces = [
            f"{labels.event_type} {short_id(labels.key)}",
            labels.source,
            labels.position,
            self._when(node, parent),
        ]
        others = [cause for cause in self._of(self._causes, node).tolist() if cause != parent]
        if others:
            named = map(short_id, key_texts(self._graph, np.array(others[:_OTHER_CAUSES]), _SHORT_ID))
            pieces.append(f"also caused by {', '.join(named)}{and_more(len(others) - _OTHER_CAUSES)}")
        pieces += self._linked(node)
        remarks = f"[{'; '.join(labels.remarks)}]" if labels.remarks else ""
        return "  ".join(piece for piece in (*pieces, remarks) if piece)

    def _linked(self, node: int) -> list[str]:
        """Write the links that are no causes: the event it copies, possible causes, the flow it belongs to."""
        links = self._links.pick(self._of(self._links_of, node))
        keys = [short_id(key) for key in key_texts(self._graph, links.cause, _SHORT_ID)]
        kinds = links.kind_texts().to_list()
        texts = []
        for kind, label in _LINK_LABELS.items():
            named = [key for key, own in zip(keys, kinds, strict=True) if own == kind]
            if named:
                texts.append(f"{label} {', '.join(named[:_OTHER_CAUSES])}{and_more(len(named) - _OTHER_CAUSES)}")
        return texts

    def _when(self, node: int, parent: int) -> str:
        time = self._graph.time
        if parent < 0 or time[node] == NO_TIME or time[parent] == NO_TIME:
            return time_text(None if time[node] == NO_TIME else int(time[node]), "us")
        return duration_text(int(time[node] - time[parent]), "us", signed=True)

    @staticmethod
    def _of(groups: Groups, node: int) -> Ints:
        return groups.members[groups.starts[node] : groups.starts[node + 1]]
