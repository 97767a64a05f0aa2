"""Stills: a static picture stands below each live view, is hidden while the view lives, and stays when it is gone.

JupyterLab shows a widget whose model is gone as an error, whatever else its output holds. The picture is therefore an
output of its own below the widget, and is replaced by its display id.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import time
from typing import TYPE_CHECKING, Any

from workbench.text import preformatted, still_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.text import StaticView

STILL_S = 10.0
"""Least time between two later pictures of a view that changes."""
LONGEST_STILL_S = 600.0
"""Most that this time grows to. It doubles with each picture, because each marks the notebook as changed: one that is
saved should not be unsaved again all day because a table in it moves."""
SETTLED_S = 1.5
"""Time after which a view that was just displayed has its first rows."""
SOON = 4
"""Pictures that follow each other at that distance."""
STILL_BYTES = 400_000
"""Largest HTML of a picture; a larger one is replaced by its text, cut: a saved notebook keeps it for ever."""
STILL_CHARACTERS = 20_000
"""Characters of the text form that an output keeps."""
VIEW_TYPE = "application/vnd.jupyter.widget-view+json"


class Still:
    """The picture of one view, in the outputs of the cells that show the view.

    Args:
        view: Id of the view; its page element hides the pictures of this id.
        snapshot: Makes the picture.
    """

    def __init__(self, view: str, snapshot: Callable[[], StaticView]) -> None:
        self._view = view
        self._snapshot = snapshot
        self._shown: dict[str, str] | None = None
        self._made_at = 0.0
        self._updates = 0
        self._pause_s = STILL_S

    def bundle(self) -> dict[str, str]:
        """Return the picture as HTML and as text, by MIME type."""
        taken = self._snapshot()
        text = taken.text if len(taken.text) <= STILL_CHARACTERS else f"{taken.text[:STILL_CHARACTERS]}\n…"
        html = still_html(taken.body, self._view)
        if len(html) > STILL_BYTES:
            html = still_html(preformatted(text), self._view)
        return {"text/html": html, "text/plain": text}

    def display(self) -> None:
        """Add the picture to the outputs of the running cell."""
        self._publish(self.bundle(), update=False)
        # Without a browser (papermill, nbconvert --execute) nothing else asks for the rows that come after the cell.
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_later(SETTLED_S, lambda: self.update(now=True))

    def update(self, *, now: bool = False) -> None:
        """Replace the picture wherever it is shown, unless the last one is too young and ``now`` is off.

        The first pictures follow each other soon, later ones after a time that doubles up to `LONGEST_STILL_S`.
        """
        if now:
            self._replace()
        elif self._older_than(SETTLED_S if self._updates < SOON else self._pause_s):
            if self._updates >= SOON:
                self._pause_s = min(2 * self._pause_s, LONGEST_STILL_S)
            self._replace()

    def leave(self) -> None:
        """Replace the picture because nobody looks any more: the notebook may be saved or closed next."""
        if self._older_than(STILL_S):
            self._replace()

    def _older_than(self, age_s: float) -> bool:
        return time.monotonic() - self._made_at >= age_s

    def _replace(self) -> None:
        if self._shown is None:
            return
        made = self.bundle()
        if made != self._shown:
            self._updates += 1
            self._publish(made, update=True)

    def keep(self) -> None:
        """Take the picture a last time: what it shows is about to be freed."""
        self.update(now=True)
        self._shown = None

    def _publish(self, made: dict[str, str], *, update: bool) -> None:
        from IPython.display import publish_display_data

        self._shown, self._made_at = made, time.monotonic()
        transient = {"display_id": f"workbench-still-{self._view}"}
        # Outside the context of the cell that began the task: nbclient, which runs notebooks without a browser, reads
        # only messages of the cell that runs now, and finds the output to replace by its display id.
        context = contextvars.Context() if update else contextvars.copy_context()
        context.run(lambda: publish_display_data(made, transient=transient, update=update))  # type: ignore[no-untyped-call]


class WithStill:
    """Mixin of a widget that displays its picture below itself. The widget sets ``still``."""

    still: Still

    def _ipython_display_(self) -> None:
        """Show the widget and its picture; a terminal gets the name of the widget."""
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is None or not hasattr(shell, "kernel"):
            print(repr(self))  # noqa: T201 - the answer of a terminal, as IPython's own formatter writes it
            return
        from IPython.display import publish_display_data

        view = self._view_bundle()
        if VIEW_TYPE in view:
            # Without HTML or text of its own: the picture below has both, and would be seen twice.
            publish_display_data(  # type: ignore[no-untyped-call]
                {VIEW_TYPE: view[VIEW_TYPE], "text/plain": ""}
            )
        self.still.display()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Return the widget with its picture as HTML and text, for front ends that ask for one output."""
        shown = self._view_bundle(**options)
        return {**shown, **self.still.bundle()} if shown else self.still.bundle()

    def _view_bundle(self, **options: Any) -> dict[str, Any]:
        shown = super()._repr_mimebundle_(**options)  # type: ignore[misc]  # of ipywidgets, which ships no types
        data = shown[0] if isinstance(shown, tuple) else shown
        return dict(data or {})
