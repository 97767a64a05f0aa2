"""Variants: traces of the same shape, counted, with the difference of the rare ones to the commonest."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.text import counted, visible
from workbench.tracing.answers import SHOWN, Answer, key_text, rest_text
from workbench.tracing.cases import cases_by_correlation
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.columns import EncodedColumn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.cases import Cases
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

_SPECIAL = re.compile(r"([(){},|$\\])")
_FORM_LIMIT = 160


@dataclass(frozen=True, eq=False, repr=False)
class Variants(Answer):
    """The shapes of the traces of a graph, rare ones first."""

    frame: pd.DataFrame
    """variant (16 digits), form, n, share, difference (types more + and less - than in the commonest), example."""
    left_out: int
    """Events without a correlation id."""

    def text(self) -> str:
        """Write each variant with its difference to the commonest."""
        lines = [f"variants: {counted(len(self.frame), 'shape')} of {counted(int(self.frame['n'].sum()), 'trace')}"]
        for row in self.frame.head(SHOWN).to_dict("records"):
            lines.append(f"  {row['n']} x {row['variant']}  {visible(row['form'], _FORM_LIMIT)}")
            said = visible(row["difference"], _FORM_LIMIT) or "the commonest"
            lines.append(f"      {said}; for example {key_text(row['example'])}")
        return "\n".join([*lines, *rest_text(len(self.frame), "variant")])


def variants(graph: CausalGraph) -> Variants:
    """Group the correlations of a graph by the form of their primary forest."""
    cases = cases_by_correlation(graph)
    shapes = _shapes(graph, cases)
    present = np.unique(cases.case[cases.case >= 0])
    _, example, place = np.unique(shapes[present], return_index=True, return_inverse=True)
    counts = np.bincount(place, minlength=len(example))
    members = Groups.of(np.where(cases.case < 0, len(cases.names), cases.case), len(cases.names) + 1)
    forms = CanonicalForms(graph, cases)
    rows = []
    for shape, number in zip(present[example].tolist(), counts.tolist(), strict=True):
        nodes = members.members[members.starts[shape] : members.starts[shape + 1]]
        form = forms.of(nodes)
        rows.append((variant_digits(form), form, number, Counter(forms.types[node] for node in nodes.tolist()), shape))
    rows.sort(key=lambda row: (row[2], row[1]))
    total = max(int(counts.sum()), 1)
    common: Counter[str | None] = rows[-1][3] if rows else Counter()
    frame = pd.DataFrame(
        {
            "variant": [row[0] for row in rows],
            "form": [row[1] for row in rows],
            "n": pd.Series([row[2] for row in rows], dtype=np.int64),
            "share": pd.Series([row[2] / total for row in rows], dtype=np.float64),
            "difference": [_difference(row[3], common) for row in rows],
            "example": [cases.names[row[4]].as_py() for row in rows],
        },
    )
    return Variants(frame, int((cases.case < 0).sum()))


def variant_digits(form: str) -> str:
    """Return the first 16 digits of SHA-256 of a canonical form."""
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class CanonicalForms:
    """Writes the forms of traces; texts of all events are read once.

    Args:
        graph: A graph.
        cases: Its traces.
    """

    def __init__(self, graph: CausalGraph, cases: Cases) -> None:
        self.types: list[str | None] = graph.column("event_type").to_pylist()
        self._others = _other_types(self.types, cases)
        self._level = cases.level
        self._primary: list[int] = cases.primary.tolist()

    def of(self, nodes: Ints) -> str:
        """Write one trace: labels with the sorted forms of their children in parentheses, roots joined by ``|``."""
        children: dict[int, list[str]] = {}
        roots = []
        for node in nodes[np.argsort(-self._level[nodes], kind="stable")].tolist():
            braces = "{" + ",".join(self._others[node]) + "}" if node in self._others else ""
            inner = sorted(children.pop(node, []))
            form = escaped(self.types[node]) + braces + (f"({','.join(inner)})" if inner else "")
            parent = self._primary[node]
            if parent < 0:
                roots.append(form)
            else:
                children.setdefault(parent, []).append(form)
        return "|".join(sorted(roots))


def escaped(name: str | None) -> str:
    """Write a type with the characters of the notation escaped."""
    return _SPECIAL.sub(r"\\\1", name or "")


def _other_types(types: list[str | None], cases: Cases) -> dict[int, list[str]]:
    """List the escaped types of the causes that are not the primary one, sorted, for events with several causes."""
    extra = cases.primary[cases.effect] != cases.cause
    found: dict[int, list[str]] = {}
    for node, cause in zip(cases.effect[extra].tolist(), cases.cause[extra].tolist(), strict=True):
        found.setdefault(node, []).append(escaped(types[cause]))
    return {node: sorted(names) for node, names in found.items()}


def _shapes(graph: CausalGraph, cases: Cases) -> NDArray[np.uint64]:
    """Give each case a number that is the same for cases of one form, level by level from the leaves.

    Children add up, so their order does not matter. The numbers are mixed with a secret of this call, so that data
    cannot be made to collide on purpose; they are used to group, and are never shown.
    """
    secret = np.frombuffer(os.urandom(8), dtype=np.uint64)[0]
    kind = _mixed(EncodedColumn.of(graph.column("event_type")).codes.astype(np.uint64) + secret)
    others = np.zeros(len(graph), dtype=np.uint64)
    extra = cases.primary[cases.effect] != cases.cause
    np.add.at(others, cases.effect[extra], _mixed(kind[cases.cause[extra]] + secret))
    label = _mixed(kind ^ _mixed(others))
    below = np.zeros(len(graph), dtype=np.uint64)
    shape = label.copy()
    levels = Groups.of(cases.level, int(cases.level.max(initial=-1)) + 1)
    for level in range(len(levels.starts) - 2, -1, -1):
        nodes = levels.members[levels.starts[level] : levels.starts[level + 1]]
        shape[nodes] = _mixed(label[nodes] ^ _mixed(below[nodes] + np.uint64(1)))
        inner = nodes[cases.primary[nodes] >= 0]
        np.add.at(below, cases.primary[inner], _mixed(shape[inner]))
    total = np.zeros(len(cases.names), dtype=np.uint64)
    roots = np.flatnonzero((cases.primary < 0) & (cases.case >= 0))
    np.add.at(total, cases.case[roots], _mixed(shape[roots]))
    return total


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter the bits of numbers (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _difference(types: Counter[str | None], common: Counter[str | None]) -> str:
    names = sorted({*types, *common}, key=lambda name: name or "")
    changes = [(name, types[name] - common[name]) for name in names]
    return ", ".join(f"{change:+d} {name or '(no type)'}" for name, change in changes if change)
