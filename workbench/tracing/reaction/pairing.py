"""Pairs the events of a flow with those of its replay: what was sent by its record, its effects from the top down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.tracing.graph import CausalGraph

Label: TypeAlias = tuple[str | None, tuple[str, ...]]
"""Type of an event, and the types of its causes besides the primary one."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Events of both graphs, by their numbers."""

    pairs: tuple[tuple[int, int], ...]
    """Original and replayed event."""
    missing: tuple[int, ...]
    """Original events without a partner."""
    extra: tuple[int, ...]
    """Replayed events without a partner."""


def pair_events(original: CausalGraph, replayed: CausalGraph, sent: Mapping[int, int]) -> Pairing:
    """Pair two graphs.

    Children of a pair are matched label by label, within a label in the order (t, id). What is left over is missing or
    extra, with all that it led to.

    Args:
        original: The flow as it was recorded: what was sent, and what it had led to.
        replayed: What was sent again, and what that led to.
        sent: The replayed event of each original one that was sent.
    """
    sides = [_Side(original), _Side(replayed)]
    pairs = dict(sent)
    taken = set(sent.values())
    queue = list(sent.items())
    for one, other in queue:
        of_original, of_replay = sides[0].children(one, pairs), sides[1].children(other, taken)
        for label, nodes in of_original.items():
            for found in zip(nodes, of_replay.get(label, ()), strict=False):
                pairs[found[0]] = found[1]
                taken.add(found[1])
                queue.append(found)
    return Pairing(
        tuple(sorted(pairs.items())),
        tuple(node for node in range(len(original)) if node not in pairs),
        tuple(node for node in range(len(replayed)) if node not in taken),
    )


class _Side:
    def __init__(self, graph: CausalGraph) -> None:
        self._types: list[str | None] = graph.column("event_type").to_pylist()
        primary = graph.structure.primary.tolist()
        used = graph.used_edges
        others: defaultdict[int, list[str]] = defaultdict(list)
        for cause, effect in zip(used.cause.tolist(), used.effect.tolist(), strict=True):
            if cause != primary[effect]:
                others[effect].append(self._types[cause] or "")
        self._labels: list[Label] = [(kind, tuple(sorted(others[node]))) for node, kind in enumerate(self._types)]
        self._children: defaultdict[int, list[int]] = defaultdict(list)
        # Events are numbered by (t, id), so children are in that order, too.
        for node, parent in enumerate(primary):
            self._children[parent].append(node)

    def children(self, node: int, taken: Iterable[int]) -> dict[Label, list[int]]:
        by_label: defaultdict[Label, list[int]] = defaultdict(list)
        for child in self._children[node]:
            if child not in taken:
                by_label[self._labels[child]].append(child)
        return by_label
