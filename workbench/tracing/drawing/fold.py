"""Chooses which events of a large graph get a mark of their own, and counts the others in groups.

Every event is in exactly one mark. Groups follow the primary forest: an event is in the group of its nearest folded
ancestor.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import Groups, Ints, pointer_doubling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from workbench.model.causation import GroupKind

SIBLINGS = 12
"""Effects of one type under one event that are drawn one by one; of more the first few are, and the rest is folded."""

SAMPLE = 3
"""Number of those first effects."""

PAGE = 100
"""Members that opening a group shows at a time."""


@dataclass(frozen=True, slots=True)
class Group:
    """Several events in one mark."""

    key: str
    kind: GroupKind
    parent: int
    """The event that the members hang under, -1 for heads of fragments."""
    members: tuple[int, ...]
    """The topmost events of the group; what hangs under them belongs to it too."""


@dataclass(frozen=True, slots=True)
class Folding:
    """The marks of a drawing: events of their own, and groups that count the others."""

    shown: Ints
    """Events with a mark of their own, ascending."""
    groups: tuple[Group, ...]
    mark: Ints
    """For each event its mark: place in ``shown``, or ``len(shown)`` and the number of its group."""
    opened: frozenset[str] = field(default_factory=frozenset)
    """Keys that were asked to be open and exist."""

    def events(self) -> Ints:
        """Number of events behind each mark."""
        return np.bincount(self.mark, minlength=len(self.shown) + len(self.groups))


def fold(primary: Ints, types: Ints, *, limit: int, opened: Collection[str] = ()) -> Folding:
    """Choose about ``limit`` marks: heads first, then level by level, long runs of one type and the rest as groups.

    Args:
        primary: Primary cause of each event, -1 for heads of fragments.
        types: Code of each event's type.
        limit: Marks at most; opened groups may go beyond it by what they show.
        opened: Keys of groups to open, from an earlier folding of the same graph.
    """
    count = len(primary)
    if count <= limit:
        everything = np.arange(count)
        return Folding(everything, (), everything)
    return _Folder(primary, types, limit, frozenset(opened)).run()


class _Folder:
    def __init__(self, primary: Ints, types: Ints, limit: int, opened: frozenset[str]) -> None:
        has = np.flatnonzero(primary >= 0)
        self._primary, self._types = primary, types
        self._children = Groups.of(primary[has], len(primary), has)
        self._sizes = self._children.sizes()
        self._limit, self._opened, self._used = limit, opened, set[str]()
        self._shown: list[int] = []
        self._groups: list[Group] = []
        self._marks = 0

    def run(self) -> Folding:
        heads = np.flatnonzero(self._primary < 0)
        queue = deque(self._show_heads(heads))
        while queue:
            node = queue.popleft()
            start, stop = self._children.starts[node : node + 2]
            queue.extend(self._expand(node, self._children.members[start:stop]))
        return self._folding()

    def _show_heads(self, heads: Ints) -> list[int]:
        return self._commit(*self._bounded(-1, heads.tolist(), [], self._limit // 2))

    def _expand(self, node: int, children: Ints) -> Iterable[int]:
        if not len(children):
            return ()
        opened_before = len(self._used)
        key = f"subtree:{node}"
        if key in self._opened:
            self._used.add(key)
        shown, groups = self._bounded(node, *self._partition(node, children), self._limit)
        if len(self._used) > opened_before or self._marks - 1 + self._cost(shown, groups) <= self._limit:
            self._marks -= 1
            return self._commit(shown, groups)
        self._groups.append(Group(key, "subtree", node, tuple(children.tolist())))
        return ()

    def _bounded(self, parent: int, shown: list[int], groups: list[Group], limit: int) -> tuple[list[int], list[Group]]:
        """Keep the first events that there is room for; the others become one group, opened page by page."""
        if len(groups) >= limit:
            everything = sorted({*shown, *(member for group in groups for member in group.members)})
            shown, groups = [], self._pages("rest", parent, np.array(everything), "")
            return self._unfolded(np.array(everything), groups), groups
        room = max(limit - len(groups), 1)
        costs = np.cumsum(1 + (self._sizes[shown] > 0)) if shown else np.zeros(0, dtype=np.int64)
        fit = max(int((costs <= room).sum()), 1)
        if fit < len(shown):
            others = np.array(shown[fit:])
            rest = self._pages("rest", parent, others, "")
            shown = shown[:fit] + self._unfolded(others, rest)
            groups = groups + rest
        return shown, groups

    def _cost(self, shown: list[int], groups: list[Group]) -> int:
        """Marks taken: an event with effects takes a second one until these are shown."""
        return len(groups) + len(shown) + int((self._sizes[shown] > 0).sum() if shown else 0)

    def _commit(self, shown: list[int], groups: list[Group]) -> list[int]:
        self._shown += shown
        self._groups += groups
        self._marks += self._cost(shown, groups)
        return shown

    def _partition(self, parent: int, children: Ints) -> tuple[list[int], list[Group]]:
        shown: list[int] = []
        groups: list[Group] = []
        by_type = Groups.of(np.unique(self._types[children], return_inverse=True)[1], len(children), children)
        for kind in range(len(children)):
            members = by_type.members[by_type.starts[kind] : by_type.starts[kind + 1]]
            if not len(members):
                break
            if len(members) <= SIBLINGS:
                shown += members.tolist()
                continue
            folded = self._pages("siblings", parent, members[SAMPLE:], f":{self._types[members[0]]}")
            shown += self._unfolded(members, folded)
            groups += folded
        return sorted(shown), groups

    def _pages(self, kind: GroupKind, parent: int, members: Ints, suffix: str) -> list[Group]:
        """One group of what is still folded after the opened pages; none when all pages are open."""
        first = 0
        while first < len(members) and (key := f"{kind}:{parent}{suffix}:{first}") in self._opened:
            self._used.add(key)
            first += PAGE
        if first >= len(members):
            return []
        return [Group(f"{kind}:{parent}{suffix}:{first}", kind, parent, tuple(members[first:].tolist()))]

    @staticmethod
    def _unfolded(members: Ints, groups: list[Group]) -> list[int]:
        folded = sum(len(group.members) for group in groups)
        opened: list[int] = members[: len(members) - folded].tolist()
        return opened

    def _folding(self) -> Folding:
        shown = np.sort(np.array(self._shown, dtype=np.int64))
        mark = np.full(len(self._primary), -1, dtype=np.int64)
        mark[shown] = np.arange(len(shown))
        for number, group in enumerate(self._groups):
            mark[list(group.members)] = len(shown) + number
        top = pointer_doubling(np.where(mark >= 0, -1, self._primary)).root
        return Folding(shown, tuple(self._groups), mark[top], frozenset(self._used))
