"""Structured keys of events: the way from the root of the primary forest, level by level, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import Groups, paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.cases import Cases
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

LabelField: TypeAlias = Literal["event_type", "source"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a key."""

    label: tuple[str | None, ...]
    """The type, or source and type."""
    others: tuple[str | None, ...]
    """Types of the other causes, sorted."""
    leaf: bool
    """Nothing within the trace has the event as a cause."""

    def text(self) -> str:
        """Write the step: ``SC{SR}$``."""
        braces = "{" + ",".join(name or "" for name in self.others) + "}" if self.others else ""
        return ":".join(name or "" for name in self.label) + braces + ("$" if self.leaf else "")


class KeyTable:
    """Numbers for keys, shared by the sides of a diff."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, Step], int] = {}
        self._keys: list[tuple[int, Step]] = []

    def __len__(self) -> int:
        return len(self._keys)

    def number(self, parent: int, step: Step) -> int:
        """Return the number of the key that a step makes of its parent's, -1 being no parent."""
        entry = (parent, step)
        if entry not in self._numbers:
            self._numbers[entry] = len(self._keys)
            self._keys.append(entry)
        return self._numbers[entry]

    def steps(self, number: int) -> tuple[Step, ...]:
        """Return the steps of a key, from the root."""
        found = []
        while number >= 0:
            number, step = self._keys[number]
            found.append(step)
        return tuple(found[::-1])

    def other_leaf(self, number: int) -> int | None:
        """Return the key that differs in the leaf marker of its last step only, None if there is none."""
        parent, step = self._keys[number]
        return self._numbers.get((parent, Step(step.label, step.others, not step.leaf)))


def event_keys(graph: CausalGraph, cases: Cases, table: KeyTable, label: Sequence[str]) -> Ints:
    """Return the key of each event, -1 outside every case.

    Only different steps cost Python: at each level the pairs of parent and label are made distinct first.
    """
    steps, step = _steps(graph, cases, label)
    key = np.full(len(graph), -1, dtype=np.int64)
    inside = np.flatnonzero(cases.case >= 0)
    levels = Groups.of(cases.level[inside], int(cases.level.max(initial=-1)) + 1, inside)
    for start, stop in zip(levels.starts[:-1].tolist(), levels.starts[1:].tolist(), strict=True):
        nodes = levels.members[start:stop]
        primary = cases.primary[nodes]
        parent = np.where(primary >= 0, key[primary], -1)
        pairs, place = np.unique(paired(parent + 1, step[nodes], len(steps)), return_inverse=True)
        numbers = [table.number(pair // len(steps) - 1, steps[pair % len(steps)]) for pair in pairs.tolist()]
        key[nodes] = np.array(numbers, dtype=np.int64)[place]
    return key


def _steps(graph: CausalGraph, cases: Cases, label: Sequence[str]) -> tuple[list[Step], Ints]:
    """Return the different steps of a graph, and the index of each event's step."""
    columns = [graph.column(name).dictionary_encode() for name in label]
    codes = [column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) for column in columns]
    others, braces = _others(graph, cases)
    combined = cases.has_effect().astype(np.int64)
    for code, size in [*((code, len(column.dictionary)) for code, column in zip(codes, columns, strict=True)),
                       (others, len(braces))]:  # fmt: skip
        # Made distinct after each column, so that the product of the sizes never leaves 64 bits.
        combined = np.unique(combined * (size + 1) + code + 1, return_inverse=True)[1].reshape(-1)
    _, first, step = np.unique(combined, return_index=True, return_inverse=True)
    inner = cases.has_effect()
    texts = [[*column.dictionary.to_pylist(), None] for column in columns]
    found = [
        Step(
            tuple(text[code[node]] for text, code in zip(texts, codes, strict=True)),
            braces[others[node]] if others[node] >= 0 else (),
            not inner[node],
        )
        for node in first.tolist()
    ]
    return found, step.reshape(-1)


def _others(graph: CausalGraph, cases: Cases) -> tuple[Ints, list[tuple[str | None, ...]]]:
    """Number the sorted types of the causes besides the primary one; -1 for events without such."""
    extra = np.flatnonzero(cases.primary[cases.effect] != cases.cause)
    types = graph.column("event_type").take(pa.array(cases.cause[extra])).to_pylist()
    by_node: dict[int, list[str | None]] = {}
    for node, name in zip(cases.effect[extra].tolist(), types, strict=True):
        by_node.setdefault(node, []).append(name)
    numbers: dict[tuple[str | None, ...], int] = {}
    result = np.full(len(graph), -1, dtype=np.int64)
    for node, names in by_node.items():
        ordered = tuple(sorted(names, key=lambda name: name or ""))
        result[node] = numbers.setdefault(ordered, len(numbers))
    return result, list(numbers)
