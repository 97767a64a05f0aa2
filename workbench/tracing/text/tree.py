"""The graph as a text tree: what ``repr`` shows, bounded whatever the size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.text import visible
from workbench.tracing.graph import tables
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.structure import NO_TIME
from workbench.tracing.text.labels import (
    EventLabels,
    copy_kind_counts,
    counted,
    duration,
    instant,
    labels_of,
    number_of,
    reason_counts,
    root_counts,
)

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.components import Components
    from workbench.tracing.graph.resolve import Links
    from workbench.tracing.graph.structure import Structure

TREE_LIMIT = 60
"""Events that ``repr`` shows."""

_CHILDREN = 12
_LEVELS = 16
_OTHER_CAUSES = 3
_SHORT_ID = 40
_LINK_WORDS = {"copy": "copy of", "ambiguous": "perhaps caused by one of", "hint": "flow begun by"}


def tree_text(parts: Components, structure: Structure, used: Links, *, limit: int) -> str:
    """Write header, tree of the primary forest, and what was left out."""
    lines = _header(parts, structure, used)
    lines += _Tree(parts, structure, used, limit).lines()
    return "\n".join(lines)


def _header(parts: Components, structure: Structure, used: Links) -> list[str]:
    copies = copy_kind_counts(parts)
    records = len(parts) + sum(number for kind, number in copies.items() if kind != "collision")
    kinds = root_counts(parts)
    roots = {name: number for name, number in kinds.items() if name in ("origin", "self", "command")}
    reasons = reason_counts(parts)
    first = [
        f"causal graph: {number_of(len(parts), 'event')} ({number_of(records, 'record')})",
        number_of(len(used), "edge"),
        number_of(structure.fragments, "fragment"),
        f"depth {int(structure.depth.max()) if len(parts) else 0:,}",
    ]
    second = [f"roots {sum(roots.values()):,}" + _in_words(roots)]
    second += [f"{name} {kinds[name]:,}" for name in ("orphan", "unlinked") if name in kinds]
    second.append(f"unresolved causes {sum(reasons.values()):,}" + _in_words(reasons))
    if len(parts.virtual):
        second.append(f"shared causes outside the snapshot {parts.virtual['value'].nunique():,}")
    third = [f"copies {sum(copies.values()):,}" + _in_words(copies)] if copies else []
    if structure.cycles:
        members = sum(len(members) for members in structure.cycles)
        third.append(f"cycles {len(structure.cycles):,} ({number_of(members, 'event')})")
    problems = {str(name): int(n) for name, n in sorted(parts.problems["problem"].value_counts().items())}
    third += [f"problems: {counted(problems)}"] if problems else []
    cut = len(parts.outside)
    third += [f"{number_of(cut, 'edge')} cut by the selection"] if cut else []
    return [" · ".join(line) for line in (first, second, third) if line] + [tables.provenance(parts)]


def _in_words(counts: dict[str, int]) -> str:
    return f" ({counted(counts)})" if any(counts.values()) else ""


class _Tree:
    def __init__(self, parts: Components, structure: Structure, used: Links, limit: int) -> None:
        self._parts, self._structure, self._limit = parts, structure, limit
        has = np.flatnonzero(structure.primary >= 0)
        self._children = Groups.of(structure.primary[has], len(parts), has)
        self._causes = Groups.of(used.effect, len(parts), used.cause)
        self._others = parts.links.pick(~parts.links.used())
        self._linked = Groups.of(self._others.effect, len(parts))
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
        written = dict(zip(shown.tolist(), labels_of(self._parts, shown, self._structure.cycles), strict=True))
        lines = []
        for node, lead, below in self._plan:
            lines.append(lead + self._line(written[node], node))
            lines += [below + note for note in self._notes.get(node, ())]
        left = len(self._parts) - len(shown)
        if left:
            unseen = self._structure.fragments - len(np.unique(self._structure.fragment[shown]))
            lines.append(
                f"… {number_of(left, 'more event')}, {number_of(unseen, 'fragment')} not shown; graph.events has all"
            )
        return lines

    def _walk(self, head: int) -> None:
        stack = [(head, "", "", 0)]
        while stack and len(self._plan) < self._limit:
            node, lead, below, level = stack.pop()
            self._plan.append((node, lead, below))
            children = self._of(self._children, node)
            if level >= _LEVELS and len(children):
                self._notes[node] = [f"… {number_of(len(children), 'effect')} and what follows, deeper than this view"]
                continue
            if len(children) > _CHILDREN:
                self._notes[node] = [f"… {number_of(len(children) - _CHILDREN, 'more effect')} like these"]
            shown = children[:_CHILDREN].tolist()
            for i, child in reversed(list(enumerate(shown))):
                last = i == len(shown) - 1
                stack.append((child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), level + 1))

    def _line(self, words: EventLabels, node: int) -> str:
        parent = int(self._structure.primary[node])
        pieces = [words.title, words.source, words.position, self._when(node, parent)]
        others = [cause for cause in self._of(self._causes, node).tolist() if cause != parent]
        if others:
            keys = tables.column(self._parts, "key")
            named = [visible(keys[cause].as_py(), _SHORT_ID) for cause in others[:_OTHER_CAUSES]]
            rest = len(others) - _OTHER_CAUSES
            pieces.append("also caused by " + ", ".join(named) + (f" and {rest:,} more" if rest > 0 else ""))
        pieces += self._links(node)
        remarks = f"[{'; '.join(words.remarks)}]" if words.remarks else ""
        return "  ".join(piece for piece in (*pieces, remarks) if piece)

    def _links(self, node: int) -> list[str]:
        """What the event is linked to without being its effect: what it copies, what it may have been caused by."""
        links = self._others.pick(self._of(self._linked, node))
        keys = tables.column(self._parts, "key").take(pa.array(links.cause)).to_pylist()
        kinds = links.kind_texts().to_list()
        said = []
        for kind, words in _LINK_WORDS.items():
            named = [visible(key, _SHORT_ID) for key, own in zip(keys, kinds, strict=True) if own == kind]
            if named:
                rest = f" and {len(named) - _OTHER_CAUSES:,} more" if len(named) > _OTHER_CAUSES else ""
                said.append(f"{words} {', '.join(named[:_OTHER_CAUSES])}{rest}")
        return said

    def _when(self, node: int, parent: int) -> str:
        time = self._parts.time
        if parent < 0 or time[node] == NO_TIME or time[parent] == NO_TIME:
            return instant(int(time[node]))
        return duration(int(time[node] - time[parent]))

    @staticmethod
    def _of(groups: Groups, node: int) -> Ints:
        return groups.members[groups.starts[node] : groups.starts[node + 1]]
