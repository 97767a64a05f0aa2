"""How far a job is: a capture, partition by partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.tasks import Supervisor
from workbench.text import visible
from workbench.widgets.base.home import Button
from workbench.widgets.sheet.blocks import progress_blocks
from workbench.widgets.sheet.sheet import Sheet

if TYPE_CHECKING:
    from workbench.model.feeds import ProgressFeed
    from workbench.text import StaticView

UPDATE_S = 0.25


class ProgressPanel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Bars for the parts of a job, with a button that cancels it.

    Args:
        feed: The job; see `workbench.model.feeds.ProgressFeed`.
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
        self.cancel_button = Button(description="Cancel", tooltip="Stop it; what was done stays valid")
        self.cancel_button.on_click(self._cancel)
        self.refresh()
        super().__init__(children=[self.sheet, self.cancel_button])

    def __repr__(self) -> str:
        """Name the job and how far it is."""
        return f"<ProgressPanel {self.name[:60]}: {self.feed.progress.state}>"

    def refresh(self) -> None:
        """Show how far it is now."""
        progress = self.feed.progress
        self.sheet.show(progress.state, progress_blocks(progress, "Partitions"), note=progress.note)
        over = progress.state in ("done", "stopped", "failed")
        if over and not self.cancel_button.disabled:
            self.cancel_button.disabled = True
            self.cancel_button.description = "Cancel"

    def snapshot(self) -> StaticView:
        """Keep what is shown now as static text."""
        self.refresh()
        return self.sheet.snapshot()

    def close(self) -> None:
        """End the view and what it shows; the job goes on."""
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
