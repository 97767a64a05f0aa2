"""Plotly in notebooks, without any way out: the one place that makes FigureWidgets and sets the renderer."""

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
"""No button that posts the data to a cloud service, no logo that links to one."""


def figure_widget(figure: go.Figure) -> Any:
    """Make a live chart of a figure. Costs about a second and 5 MB in the page: at most four in a notebook."""
    import plotly.graph_objects as go

    widget = go.FigureWidget(figure)
    widget._config = {**widget._config, **OFFLINE}  # noqa: SLF001 - plotly has no public way; a browser test guards it
    return widget


def keep_figures_offline() -> None:
    """Give every ``Figure.show()`` of this process the same configuration; harmless when repeated."""
    import plotly.io

    for name in ("plotly_mimetype", "jupyterlab", "notebook", "vscode"):
        if name in plotly.io.renderers:
            plotly.io.renderers[name].config = {**(plotly.io.renderers[name].config or {}), **OFFLINE}


def show(figure: go.Figure) -> None:
    """Display a figure as an output of its own: its picture stays when the notebook is saved."""
    keep_figures_offline()
    figure.show(config=OFFLINE)


def replace_content(widget: Any, figure: go.Figure) -> None:
    """Show another figure in a live chart, in one update; traces of the same kind are changed in place."""
    with widget.batch_update():
        if [trace.type for trace in widget.data] == [trace.type for trace in figure.data]:
            for shown, wanted in zip(widget.data, figure.data, strict=True):
                shown.update(wanted.to_plotly_json(), overwrite=False)
            widget.layout.update(figure.layout.to_plotly_json())
            return
    widget.data = ()
    widget.layout = figure.layout
    widget.add_traces(list(figure.data))
