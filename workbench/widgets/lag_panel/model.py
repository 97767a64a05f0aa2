"""Panel of consumer lag: a chart of the samples, and a table of the newest one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.tasks import Supervisor
from workbench.text import StaticView, fragment, visible
from workbench.widgets.base.still import Still, WithStill
from workbench.widgets.chart import Chart
from workbench.widgets.sheet.blocks import table_block
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go

    from workbench.model.feeds import LagFeed
    from workbench.text import Element

CHART_S = 1.0
"""Least time between two updates of the chart: plotly draws it again as a whole."""


class LagPanel(WithStill, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Shows consumer lag as a chart that is updated with each sample.

    Args:
        feed: Supplies the samples; see `workbench.model.feeds.LagFeed`.
        figure: Draws the frame of the feed; `workbench.lag.figure.lag_figure` unless told.
        picture: Draws it for the output that stays; `workbench.lag.picture.lag_picture` unless a figure is given.
        supervisor: Owner of the tasks.
        end: Ends the sampling; called by `stop` and `close`.
    """

    def __init__(
        self,
        feed: LagFeed,
        *,
        figure: Callable[[Any], go.Figure] | None = None,
        picture: Callable[[Any], Element | None] | None = None,
        supervisor: Supervisor | None = None,
        end: Callable[[], None] | None = None,
    ) -> None:
        if figure is None:
            from workbench.lag.figure import lag_figure
            from workbench.lag.picture import lag_picture

            figure, picture = lag_figure, picture or lag_picture
        self.feed = feed
        self.make_figure = figure
        self._end = end
        self.make_picture = picture
        self.name = visible(feed.name, 200)
        tasks = supervisor if supervisor is not None else Supervisor()
        self._version = feed.version
        self.chart = Chart(self._drawn(), name=f"Chart of {self.name}", supervisor=tasks)
        self.sheet = Sheet(
            name=self.name,
            refresh=self.refresh,
            every_s=CHART_S,
            supervisor=tasks,
            on_removed=self._stop_soon,
        )
        self.still = self.sheet.still = Still(self.sheet.still_id, self.snapshot)
        self._show_table()
        super().__init__(children=[self.chart, self.sheet])

    def __repr__(self) -> str:
        """Return the name of the panel."""
        return f"<LagPanel {self.name[:60]}>"

    def refresh(self) -> None:
        """Show the newest sample, unless it is shown already."""
        if self.feed.version != self._version:
            self._version = self.feed.version
            self.chart.show(self._drawn())
        self._show_table()

    def figure(self) -> go.Figure:
        """Return a figure of the samples so far, which is not updated. Its picture stays in a saved notebook."""
        from workbench.charts.still_figure import StillFigure

        return StillFigure(self._drawn(), still=self.snapshot)

    def _drawn(self) -> go.Figure:
        if not self.feed.version:
            from workbench.lag.figure import waiting_figure

            return waiting_figure()
        return self.make_figure(self.feed.frame())

    def snapshot(self) -> StaticView:
        """Return a static picture of the samples so far, and the newest one as a table."""
        self._show_table()
        table = self.sheet.snapshot()
        drawn = self.make_picture(self.feed.frame()) if self.make_picture is not None else None
        return StaticView(fragment(drawn, table.body), table.text)

    async def stop(self) -> None:
        """Stop sampling, and close the file of a recording; the samples can still be looked at."""
        if self._end is not None:
            self._end()
        # The task needs a turn of the loop to end.
        await asyncio.sleep(0)
        self.sheet.push()

    def close(self) -> None:
        """Close the view and its parts, and stop sampling."""
        if self.comm is not None:
            if self._end is not None:
                self._end()
            self.sheet.close()
            self.chart.close()
        super().close()

    def _stop_soon(self) -> None:
        self.sheet.serve("stop", self.stop())

    def _show_table(self) -> None:
        columns, rows = self.feed.table()
        title = "Newest sample" if self.feed.version else "Waiting for the first sample"
        state = self.feed.state
        if self.sheet.supervisor.closed and state in ("waiting", "live", "no answer", "stopped"):
            state = "closed"
        self.sheet.show(state, [table_block(title, columns, rows)], note=self.feed.note)
