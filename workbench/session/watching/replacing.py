"""Ends the live views that a cell made when it is run again, so that only the newest one reads."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.session.watching.cells import running_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.session.watching.cells import CellRun


class View(Protocol):
    """A view that can be closed; closing it ends its tasks and gives back its memory."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Shown:
    view: weakref.ref[Any]
    made_by: CellRun | None
    name: str


class LiveViews:
    """The live views of this process, with the cell and the name that each was made under.

    Args:
        cell: Tells which cell is running.
    """

    def __init__(self, cell: Callable[[], CellRun | None] = running_cell) -> None:
        self._cell = cell
        self._shown: list[_Shown] = []

    def end_former(self, name: str, *, named: bool = False) -> None:
        """Close the views whose place a new one takes; call it before the new one is made.

        In a notebook these are the views of an earlier run of the same cell: one run may make several. Where no cell
        is known, and for a name that the user chose, it is the view of the same name.

        Args:
            name: What the new view shows.
            named: Whether the user chose the name.
        """
        cell = self._cell()
        stays = []
        for shown in self._shown:
            former = shown.view()
            if former is None:
                continue
            by_name = shown.name == name and (named or cell is None)
            if by_name or _earlier_run(shown.made_by, cell):
                former.close()
            else:
                stays.append(shown)
        self._shown = stays

    def find(self, name: str) -> object | None:
        """Return the newest view of this name that still exists, or None."""
        views = (shown.view() for shown in reversed(self._shown) if shown.name == name)
        return next((view for view in views if view is not None), None)

    def add(self, view: View, name: str) -> None:
        """Register a new view under the cell that is running."""
        self._shown.append(_Shown(weakref.ref(view), self._cell(), name))


def _earlier_run(former: CellRun | None, present: CellRun | None) -> bool:
    return former is not None and present is not None and former.cell == present.cell and former.run != present.run


shown = LiveViews()
"""The live views of this kernel, whichever cluster they read from: a cell may connect anew each time it is run."""
