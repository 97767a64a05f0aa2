"""Plotly charts that send nothing to the internet: the only place that makes FigureWidgets and sets the renderers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.lag.display import OFFLINE, keep_figures_offline, show_figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["OFFLINE", "figure_widget", "keep_figures_offline", "replace_content", "show_figure"]


def figure_widget(figure: go.Figure) -> Any:
    """Make a chart that can be updated.

    Each one loads plotly.js again, about 5 MB and one second: show at most four in a notebook.
    """
    import plotly.graph_objects as go

    widget = go.FigureWidget(figure)
    widget._config = {**widget._config, **OFFLINE}  # noqa: SLF001 - plotly has no public way; a browser test guards it
    return widget


def replace_content(widget: Any, figure: go.Figure) -> None:
    """Show another figure in a chart, in one update. Traces of the same kinds are changed in place."""
    # In place: new traces would reset the zoom and the legend of whoever looks at the chart.
    with widget.batch_update():
        if [trace.type for trace in widget.data] == [trace.type for trace in figure.data]:
            for shown, wanted in zip(widget.data, figure.data, strict=True):
                shown.update(wanted.to_plotly_json(), overwrite=False)
            widget.layout.update(figure.layout.to_plotly_json())
            return
    widget.data = ()
    widget.layout = figure.layout
    widget.add_traces(list(figure.data))
