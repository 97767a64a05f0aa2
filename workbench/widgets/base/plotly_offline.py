"""Plotly charts that send nothing to the internet: the only place that makes FigureWidgets and sets the renderers."""

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


def figure_widget(figure: go.Figure) -> Any:
    """Make a chart that can be updated.

    Each one loads plotly.js again, about 5 MB and one second: show at most four in a notebook.
    """
    import plotly.graph_objects as go

    widget = go.FigureWidget(figure)
    widget._config = {**widget._config, **OFFLINE}  # noqa: SLF001 - plotly has no public way; a browser test guards it
    return widget


def keep_figures_offline() -> None:
    """Set the same configuration for every ``Figure.show()`` of this process. May be called again."""
    import plotly.io

    for name in ("plotly_mimetype", "jupyterlab", "notebook", "vscode"):
        if name in plotly.io.renderers:
            plotly.io.renderers[name].config = {**(plotly.io.renderers[name].config or {}), **OFFLINE}


def show_figure(figure: go.Figure) -> None:
    """Display a figure as an output of its own, whose picture stays in a saved notebook."""
    keep_figures_offline()
    figure.show(config=OFFLINE)


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
