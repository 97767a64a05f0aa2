"""Shows the progress of a command: bars in a terminal, otherwise a line of JSON each second."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.cli.output import say
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.model.feeds import Progress

EVERY_S = 1.0


@contextmanager
def progress_listener(*, to_terminal: bool) -> Iterator[Callable[[Progress], None]]:
    """Return a context manager that gives the function to call with the progress; it writes to standard error."""
    if not to_terminal:
        yield _JsonLines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, int] = {}
        said = ""

        def draw(progress: Progress) -> None:
            nonlocal said
            if progress.state == "running" and progress.note != said:
                said = progress.note
                bars.console.print(f"note: {visible(said, None)}", markup=False, highlight=False)
            for part in progress.parts:
                total = None if part.end is None else max(part.end - part.start, 0)
                if part.name not in tasks:
                    tasks[part.name] = bars.add_task(visible(part.name, 60), total=total)
                bars.update(tasks[part.name], total=total, completed=part.position - part.start)  # type: ignore[arg-type]

        yield draw


class _JsonLines:
    """Prints the progress at most once a second, and when the state or the remark changes."""

    def __init__(self) -> None:
        self._last, self._note = float("-inf"), ""

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.state == "running" and progress.note == self._note and now - self._last < EVERY_S:
            return
        self._last, self._note = now, progress.note
        line = {
            "kind": "progress",
            "state": progress.state,
            "done": sum(part.position - part.start for part in progress.parts),
            "remaining": sum(part.remaining or 0 for part in progress.parts),
            **dict(progress.counts),
            **({"note": progress.note} if progress.note else {}),
        }
        say(json.dumps(line))
