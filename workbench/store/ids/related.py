"""Finds every row that can matter to the causal graph of some rows, so that a graph of these alone tells the same.

The definitions of `docs/tracing.md` 2 say what matters: copies of an event, what its causes can mean, who names it,
what else these can mean, and who else names a cause that nobody has. More rows than needed do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from workbench.store.ids.entries import in_role, of_role
from workbench.store.ids.roles import IdRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.store.ids.entries import Numbers
    from workbench.store.ids.parts import IdParts

MOST_RELATED = 100_000
"""Rows from which on the graph of the whole snapshot is as quick as looking for them."""
MOST_STEPS = 200
"""Generations of causes, or of effects, that are followed one by one."""

NEAREST = (2_000, 200, 20)
"""Rows of an event and its nearest relatives that are looked for where there are too many of them all, one try after
the other: what tells how their causes resolve can be too many, too."""

_FEW = 16

_Found = TypeVar("_Found")

_CAUSES = (IdRole.CAUSE_BY_ID, IdRole.CAUSE_BY_LINK)


class _TooManyError(Exception):
    """The rows are too many to be looked for."""


def related_rows(parts: IdParts, key: int) -> Numbers | None:
    """Find the rows for the graph of a correlation or a trace id; None where there are too many."""
    return _or_none(parts, lambda search: search.with_context(search.with_copies(search.rows(np.array([key])))))


def relatives_rows(parts: IdParts, key: int) -> Numbers | None:
    """Find the rows for the graph of an event, everything that led to it and all that came of it; None likewise."""

    def find(search: _Search) -> Numbers:
        start = search.with_copies(search.rows(np.array([key])))
        led_to, came_of = search.closure(start, search.candidates), search.closure(start, search.namers)
        return search.with_context(np.union1d(led_to, came_of))

    return _or_none(parts, find)


@dataclass(frozen=True, slots=True)
class NearestRows:
    """An event with its nearest relatives."""

    chosen: Numbers
    context: Numbers
    """The chosen rows, and those that tell how their causes resolve."""
    complete: bool
    """Whether these are all relatives."""


def nearest_rows(parts: IdParts, key: int) -> NearestRows | None:
    """Find an event and its nearest causes and effects, generation by generation; None where even they are too many."""
    tries = (_or_none(parts, partial(_nearest, key, most)) for most in NEAREST)
    return next((found for found in tries if found is not None), None)


def _nearest(key: int, most: int, search: _Search) -> NearestRows:
    """Take generations of causes and of effects until there are so many rows."""
    start = search.with_copies(search.rows(np.array([key])))
    above = below = above_all = below_all = start
    while len(above) + len(below) and len(above_all) + len(below_all) < most:
        above = np.setdiff1d(search.candidates(above), above_all)
        below = np.setdiff1d(search.namers(below), below_all)
        above_all, below_all = np.union1d(above_all, above), np.union1d(below_all, below)
    chosen = np.union1d(above_all, below_all)
    return NearestRows(chosen, search.with_context(chosen), complete=not len(above) + len(below))


def _or_none(parts: IdParts, find: Callable[[_Search], _Found]) -> _Found | None:
    # A position can name any row, and the index does not know positions.
    if parts.has_role(IdRole.OTHER_CAUSE):
        return None
    try:
        return find(_Search(parts))
    except _TooManyError:
        return None


class _Search:
    """Remembers the keys of rows that were asked for."""

    def __init__(self, parts: IdParts) -> None:
        self._parts = parts
        none = np.zeros(0, dtype=np.int64)
        self._known, self._owners, self._keys = none, none, none

    def keys(self, rows: Numbers) -> Numbers:
        """Return the keys of rows, each once."""
        unknown = np.setdiff1d(rows, self._known)
        if len(unknown):
            owners, keys = self._parts.keys(unknown)
            self._known = np.union1d(self._known, unknown)
            self._owners, self._keys = np.concatenate([self._owners, owners]), np.concatenate([self._keys, keys])
        return np.unique(self._keys[np.isin(self._owners, rows)])

    def rows(self, *keys: Numbers) -> Numbers:
        """Find the rows of some keys, unless they are too many."""
        wanted = np.unique(np.concatenate(keys))
        if not len(wanted):
            return wanted
        if self._parts.count(wanted).sum() > MOST_RELATED:
            raise _TooManyError
        return self._parts.find(wanted)

    def with_copies(self, rows: Numbers) -> Numbers:
        """Add all rows with the same event ids."""
        return np.union1d(rows, self.rows(of_role(self.keys(rows), IdRole.EVENT_ID)))

    def candidates(self, rows: Numbers) -> Numbers:
        """Find the rows that the causes of some rows can mean."""
        by_id, by_link = (of_role(self.keys(rows), role) for role in _CAUSES)
        return self.with_copies(
            self.rows(in_role(by_id, IdRole.EVENT_ID), in_role(by_id, IdRole.LINK_ID), in_role(by_link, IdRole.LINK_ID))
        )

    def namers(self, rows: Numbers) -> Numbers:
        """Find the rows that name the events of some rows as causes, by one of their ids."""
        keys = self.keys(rows)
        ids, links = of_role(keys, IdRole.EVENT_ID), of_role(keys, IdRole.LINK_ID)
        named = self.rows(in_role(ids, IdRole.CAUSE_BY_ID), *(in_role(links, role) for role in _CAUSES))
        return self.with_copies(named)

    def closure(self, start: Numbers, step: Callable[[Numbers], Numbers]) -> Numbers:
        """Take steps until nothing new is found."""
        seen = frontier = start
        for _ in range(MOST_STEPS):
            frontier = np.setdiff1d(step(frontier), seen)
            if not len(frontier):
                return seen
            seen = np.union1d(seen, frontier)
            if len(seen) > MOST_RELATED:
                break
        raise _TooManyError

    def with_context(self, rows: Numbers) -> Numbers:
        """Add what tells how the causes of these rows resolve, and those of the events that name them."""
        keys = self.keys(rows)
        own = (of_role(keys, role) for role in (IdRole.EVENT_ID, IdRole.CORRELATION_ID))
        begun_by = self.rows(*(in_role(ids, IdRole.ROOT_ID) for ids in own))
        sharing = self.rows(*(in_role(self._perhaps_missing(keys), role) for role in _CAUSES))
        effects = self.with_copies(np.concatenate([self.namers(rows), begun_by, sharing]))
        # Which of its causes an event means depends on what the others mean.
        both = np.union1d(rows, effects)
        roots = of_role(self.keys(both), IdRole.ROOT_ID)
        by_root = self.rows(in_role(roots, IdRole.EVENT_ID))
        # The first event stands for a flow, and which one that is copies tell, too.
        begun_from = self.rows(in_role(roots, IdRole.CORRELATION_ID))
        return np.unique(np.concatenate([both, by_root, self.with_copies(begun_from), self.candidates(both)]))

    def _perhaps_missing(self, keys: Numbers) -> Numbers:
        """Return the causes that perhaps nobody has: then it matters how many events name them."""
        by_id, by_link = (of_role(keys, role) for role in _CAUSES)
        unknown = by_id[self._parts.count(in_role(by_id, IdRole.EVENT_ID)) == 0]
        open_ = np.concatenate([unknown, by_link])
        # Few rows with a link id can all be the event that names it, which then names nobody.
        return open_[self._parts.count(in_role(open_, IdRole.LINK_ID)) <= _FEW]
