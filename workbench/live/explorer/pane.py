"""Base class of the panes: counts changes, keeps failures, runs one job at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from workbench.errors import ValidationError, WorkbenchError
from workbench.text import duration_text, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from workbench.model.explorer import Input, PaneRow, Press, Section
    from workbench.model.feeds import Column


LONG_JOB_S = 3.0
"""A job that takes longer says how long it takes so far: the cluster may not answer."""


class Pane:
    """A pane whose buttons are methods ``press_NAME``. An `ExplorerPane` of `workbench.model.explorer`."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    columns: Sequence[Column] = ()

    def __init__(self) -> None:
        self.version = 1
        self._busy = ""
        self._busy_since = 0.0
        self.note = ""
        self.failure = ""
        self.order = ""
        self.rows: Sequence[PaneRow] = ()
        self.sections: Sequence[Section] = ()
        self.values: dict[str, str] = {}
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> str:
        """What it does now, and for how long where that is long; empty for nothing."""
        takes_s = time.monotonic() - self._busy_since
        if not self._busy or takes_s < LONG_JOB_S:
            return self._busy
        return f"{self._busy}, for {duration_text(int(takes_s), 's')}"

    @busy.setter
    def busy(self, text: str) -> None:
        # A job may say how far it has got; it began when it said something first.
        if not self._busy:
            self._busy_since = time.monotonic()
        self._busy = text

    @property
    def inputs(self) -> Sequence[Input]:
        """The fields of the form."""
        return ()

    @property
    def presses(self) -> Sequence[Press]:
        """The buttons."""
        return ()

    @property
    def row_count(self) -> int:
        """Number of rows of the table."""
        return len(self.rows)

    @property
    def picked(self) -> str:
        """Key of the row of the shared selection."""
        return ""

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Return rows of the table."""
        return self.rows[start:end]

    def changed(self) -> None:
        """Count a change of what is shown."""
        self.version += 1

    def value(self, name: str, default: str = "") -> str:
        """Return the value of a field, without blanks at its ends."""
        return self.values.get(name, default).strip()

    async def do(self, press: str, values: Mapping[str, str]) -> None:
        """Do what a button says; one after the other."""
        action: Callable[[], Awaitable[None]] | None = getattr(self, f"press_{press}", None)
        allowed = {one.name for one in self.presses if one.enabled} | {"input", "sort"}
        if action is None or press not in allowed:
            raise ValidationError(f"The pane {self.name} has nothing to press that is called {visible(press, 60)}.")
        # Twice, because a choice may bring other fields. What no field has any more was sent before the browser knew.
        for _ in range(2):
            known = {one.name for one in self.inputs} | {"column"}
            self.values |= {name: text for name, text in values.items() if name in known}
        await self.work(action, "" if press in ("input", "sort") else "working")

    async def pick(self, key: str) -> None:
        """Take a row; a pane without a selection ignores it."""

    async def enter(self, key: str) -> None:
        """Take a row, and show what is inside of it."""
        await self.pick(key)

    async def work(self, action: Callable[[], Awaitable[None]], busy: str) -> None:
        """Await a job, and tell its failure in the pane."""
        async with self._turn:
            self.busy, self.failure = busy, ""
            self.changed()
            try:
                await action()
            except WorkbenchError as error:
                self.failure = visible(str(error), 1_000)
            finally:
                self.busy = ""
                self.changed()
