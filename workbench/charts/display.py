"""Displays plotly figures in a notebook without any way out to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

OFFLINE: dict[str, Any] = {
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendChartToCloud"],
    "displaylogo": False,
    "responsive": True,
}
"""Removes the button that posts a chart's data to a cloud service, which plotly.js 4 shows by default, and the logo."""


def keep_figures_offline() -> None:
    """Set the same configuration for every ``Figure.show()`` of this process. May be called again."""
    import plotly.io

    for name in ("plotly_mimetype", "jupyterlab", "notebook", "vscode"):
        if name in plotly.io.renderers:
            plotly.io.renderers[name].config = {**(plotly.io.renderers[name].config or {}), **OFFLINE}


def show_figure(figure: go.Figure) -> None:
    """Display a figure as an output of its own; a `workbench.charts.still_figure.StillFigure` leaves its picture."""
    keep_figures_offline()
    figure.show(config=OFFLINE)
