"""Paths into values: ``card.number``; ``*`` for any member, ``**`` for several. Arrays are passed through."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

State: TypeAlias = frozenset[int]
ANY = "*"
DEEP = "**"


class PathSet:
    """Several paths, followed together from member to member.

    A state is the set of places in the paths that have been reached.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._places: list[tuple[str, ...]] = []
        self.names: set[str] = set()
        """The names of members that the paths have."""
        starts = []
        for text in paths:
            steps = tuple(text.removeprefix("$.").split("."))
            self.names.update(step for step in steps if step not in (ANY, DEEP))
            starts.append(len(self._places))
            self._places += [steps[at:] for at in range(len(steps) + 1)]
        self.start: State = self._closed(starts)

    def ends(self, state: State) -> bool:
        """Return whether one of the paths ends here."""
        return any(not self._places[place] for place in state)

    def step(self, state: State, name: str) -> State:
        """Return the state at a member of what stands at a state."""
        found = []
        for place in state:
            steps = self._places[place]
            if not steps:
                continue
            if steps[0] == DEEP:
                # At the end of a path it stands for at least one member.
                found += [place, place + 1] if len(steps) == 1 else [place]
            elif steps[0] in (ANY, name):
                found.append(place + 1)
        return self._closed(found)

    def _closed(self, places: Iterable[int]) -> State:
        """Add the places that ``**`` reaches without passing a member; at the end of a path it needs one."""
        found = set()
        for place in places:
            found.add(place)
            at = place
            while self._places[at][:1] == (DEEP,) and len(self._places[at]) > 1:
                at += 1
                found.add(at)
        return frozenset(found)
