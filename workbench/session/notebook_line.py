"""Shows one line of text in the running cell of a notebook, which the next line replaces."""

from __future__ import annotations

import sys
from uuid import uuid4


class NotebookLine:
    """A line that says what a cell is doing; nothing outside a notebook."""

    def __init__(self) -> None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        self._shown = shell is not None and hasattr(shell, "kernel")
        self._id = uuid4().hex
        self._begun = False

    def say(self, text: str) -> None:
        """Show a text in place of the one before."""
        if not self._shown:
            return
        from IPython.display import publish_display_data

        transient = {"display_id": self._id}
        publish_display_data({"text/plain": text}, transient=transient, update=self._begun)  # type: ignore[no-untyped-call]
        self._begun = True
