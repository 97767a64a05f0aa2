"""Panel of a long job, such as a capture: a bar for each partition, and a button that cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.tasks import Supervisor
from workbench.text import number_text, visible
from workbench.widgets.base.loop_bound import Button
from workbench.widgets.base.still import Still, WithStill
from workbench.widgets.sheet.model import Sheet
from workbench.widgets.sheet.progress import progress_blocks

if TYPE_CHECKING:
    from workbench.model.feeds import ProgressFeed
    from workbench.text import StaticView

UPDATE_S = 0.25


class ProgressPanel(WithStill, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Shows a bar for each part of a job, and a button that cancels it.

    Args:
        feed: Reports the progress of the job; see `workbench.model.feeds.ProgressFeed`.
        supervisor: Owner of the tasks.
    """

    def __init__(self, feed: ProgressFeed, *, supervisor: Supervisor | None = None) -> None:
        self.feed = feed
        self.name = visible(feed.name, 200)
        self.sheet = Sheet(
            name=self.name,
            refresh=self.refresh,
            every_s=UPDATE_S,
            supervisor=supervisor if supervisor is not None else Supervisor(),
        )
        self.still = self.sheet.still = Still(self.sheet.still_id, self.snapshot)
        self.cancel_button = Button(description="Cancel", tooltip="Stop it; what was done stays valid")
        self.cancel_button.on_click(self._cancel)
        self.refresh()
        super().__init__(children=[self.sheet, self.cancel_button])

    def __repr__(self) -> str:
        """Return the name and the state of the job."""
        return f"<ProgressPanel {self.name[:60]}: {self.feed.progress.state}>"

    def refresh(self) -> None:
        """Show the progress at this moment."""
        progress = self.feed.progress
        if progress.state == "done":
            # One line: the bars are all full, and what was made is shown by the cell below.
            counts = [f"{number_text(number)} {visible(name, 80)}" for name, number in progress.counts]
            self.sheet.show(" · ".join(["done", *counts]), [], note=progress.note)
            self.cancel_button.layout.display = "none"
        else:
            self.sheet.show(progress.state, progress_blocks(progress, "Partitions"), note=progress.note)
        self.sheet.final = progress.over
        if progress.over and not self.cancel_button.disabled:
            self.cancel_button.disabled = True
            self.cancel_button.description = "Cancel"

    def snapshot(self) -> StaticView:
        """Return what is shown now as static text."""
        self.refresh()
        return self.sheet.snapshot()

    def close(self) -> None:
        """Close the view and its parts. The job goes on."""
        if self.comm is not None:
            self.sheet.close()
            self.cancel_button.close()
        super().close()

    def _cancel(self, _button: Any) -> None:
        self.cancel_button.disabled = True
        self.cancel_button.description = "Cancelling…"
        self.sheet.serve("cancel", self._cancelled())

    async def _cancelled(self) -> None:
        try:
            await self.feed.cancel()
        except Exception:
            self.cancel_button.disabled = False
            self.cancel_button.description = "Cancel"
            raise
        self.refresh()
