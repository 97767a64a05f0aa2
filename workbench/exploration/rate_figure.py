"""Draws events per time bucket as stacked bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from workbench.text import chart_text, counted, duration_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

SERIES = 10
"""Values drawn apart; the others are drawn as one."""
_COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf", "#aec7e8",
)  # fmt: skip
_OTHER_COLOUR = "#8c8c8c"
_NAME_CHARACTERS = 40


def rate_figure(frame: pd.DataFrame, totals: pd.DataFrame, *, by: str | None, width_ms: int) -> go.Figure:
    """Draw the frame of an `workbench.exploration.EventRate`; a bucket without events is a gap.

    Args:
        frame: Columns ``at``, the counted column, ``events``.
        totals: The values by frequency.
        by: The counted column, or None.
        width_ms: Width of a bucket in milliseconds.
    """
    figure = go.Figure()
    for name, colour, rows in rate_series(frame, totals, by):
        _bars(figure, rows, chart_text(visible(name, None)), colour, width_ms)
    width = duration_text(width_ms)
    figure.update_layout(
        title="Events over time" + (f" by {by}" if by else ""),
        barmode="stack",
        bargap=0,
        showlegend=by is not None,
        height=380,
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#808080"},
        margin={"l": 60, "r": 20, "t": 60, "b": 40},
        # Beside the plot: below it, a legend of long names lies over the title of the axis.
        legend={"x": 1.01, "y": 1, "xanchor": "left", "yanchor": "top"},
    )
    figure.update_xaxes(title="time of the record (UTC)", gridcolor="rgba(128,128,128,0.25)", automargin=True)
    figure.update_yaxes(title=f"events per {width}", rangemode="tozero", gridcolor="rgba(128,128,128,0.25)")
    return figure


def rate_series(frame: pd.DataFrame, totals: pd.DataFrame, by: str | None) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield name, colour and rows (``at``, ``events``) of the frequent values, then of all others as one."""
    shown = [] if by is None else list(totals[by][:SERIES])
    for value, colour in zip(shown, _COLOURS, strict=False):
        yield _name(str(value)), colour, frame[frame[by] == value]
    rest = frame if by is None else frame[~frame[by].isin(shown)]
    if len(rest):
        name = "every event" if by is None else counted(len(totals) - len(shown), "other value")
        colour = _COLOURS[0] if by is None else _OTHER_COLOUR
        yield name, colour, rest.groupby("at")["events"].sum().reset_index()


def _name(value: str) -> str:
    """Cut a long name at its front: dotted names of events differ at their end."""
    return value if len(value) <= _NAME_CHARACTERS else f"…{value[1 - _NAME_CHARACTERS :]}"


def _bars(figure: go.Figure, rows: pd.DataFrame, name: str, colour: str, width_ms: int) -> None:
    # The times are texts: plotly packs numbers of a frame as binary, which older front ends do not read.
    at = [time.isoformat() for time in rows["at"].dt.tz_localize(None)]
    figure.add_bar(
        x=at, y=rows["events"].tolist(), name=name, marker={"color": colour}, width=width_ms, offset=0, xperiod=0
    )
