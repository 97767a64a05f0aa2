"""Draws lag over time: offsets above, lag below, one column for each of the partitions that are furthest behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.text import chart_text, counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

BARS = 40
"""Partitions drawn below each other when there is one sample."""
PANELS = 4
"""Partitions drawn side by side; the table beside the chart has all."""
GAP_FACTOR = 2.5
"""Rounds further apart than this many usual distances leave a gap in the line."""

_LINES = (
    ("high", "high watermark", "#1f77b4", "solid"),
    ("committed", "committed offset", "#2ca02c", "solid"),
    ("low", "log start", "#8c8c8c", "dot"),
)
_TITLE_CHARACTERS = 30
"""Characters of a name over one of four charts side by side; the end of a longer name is kept, where names differ."""
_LINES_PX, _BARS_PX, _BAR_PX = 480, 170, 22


def lag_figure(frame: pd.DataFrame, *, title: str = "Consumer lag") -> go.Figure:
    """Draw a lag frame (see `workbench.lag.lag_frame`).

    With one round it is a bar for each partition; with several, lines in which a missing round is a gap. Names of
    groups and topics are escaped: plotly interprets a few tags.
    """
    if frame.empty:
        return _labelled(_empty(), f"{title}: no consumer group has a partition here")
    one = frame["round_id"].min() == frame["round_id"].max()
    drawn, most = (_bars(frame), BARS) if one else (_lines(frame), PANELS)
    partitions = int((frame["round_id"] == frame["round_id"].max()).sum())
    of = f": the {most} furthest behind of {counted(partitions, 'partition')}" if partitions > most else ""
    return _labelled(drawn, title + of)


def waiting_figure(title: str = "Consumer lag") -> go.Figure:
    """Draw the place of the chart before the first sample, when nothing is known yet."""
    return _labelled(_empty(), f"{title}: waiting for the first sample")


def _empty() -> go.Figure:
    # Axes of a chart without traces would show made-up numbers and years.
    return go.Figure(layout={"height": 120, "xaxis": {"visible": False}, "yaxis": {"visible": False}})


def _bars(frame: pd.DataFrame) -> go.Figure:
    worst = frame.sort_values("lag", ascending=False, na_position="last", kind="stable").head(BARS)
    names = [_name(*key, between=" · ") for key in worst[["group_id", "topic", "partition"]].itertuples(index=False)]
    figure = go.Figure()
    for column, label, colour in (("readable", "readable", "#1f77b4"), ("lost", "lost: deleted unread", "#d62728")):
        figure.add_bar(y=names, x=_numbers(worst[column]), name=label, orientation="h", marker={"color": colour})
    figure.update_layout(barmode="stack", height=_BARS_PX + _BAR_PX * len(worst))
    # Blanks between name and bar, which would touch.
    figure.update_yaxes(autorange="reversed", automargin=True, ticksuffix="  ")
    figure.update_xaxes(title="lag: records, at most", rangemode="tozero")
    return figure


def _lines(frame: pd.DataFrame) -> go.Figure:
    panels = list(furthest_behind(frame))
    figure = make_subplots(
        rows=2,
        cols=len(panels),
        shared_xaxes=True,
        vertical_spacing=0.08,
        row_heights=[0.55, 0.45],
        column_titles=[_name(*key, between="<br>") for key, _ in panels],
    )
    figure.update_annotations(font={"size": 11})
    for number, (_, rows) in enumerate(panels, start=1):
        drawn = _with_gaps(rows)
        for column, label, colour, dash in _LINES:
            figure.add_scatter(
                x=drawn["at"],
                y=_numbers(drawn[column]),
                name=label,
                legendgroup=column,
                showlegend=number == 1,
                line={"color": colour, "dash": dash},
                mode="lines+markers",
                marker={"size": 4},
                connectgaps=False,
                row=1,
                col=number,
            )
        figure.add_scatter(
            x=drawn["at"],
            y=_numbers(drawn["lag"]),
            name="lag",
            legendgroup="lag",
            showlegend=number == 1,
            line={"color": "#d62728"},
            mode="lines+markers",
            marker={"size": 4},
            connectgaps=False,
            row=2,
            col=number,
        )
        figure.update_yaxes(rangemode="tozero", row=2, col=number)
    figure.update_yaxes(title="offset", row=1, col=1)
    figure.update_yaxes(title="lag in offsets", row=2, col=1)
    # Few and level labels: those of a narrow chart would be turned, and reach into the legend.
    figure.update_xaxes(nticks=4, tickangle=0, tickformat="%H:%M:%S", tickfont={"size": 10}, ticklabelstandoff=4)
    figure.update_layout(height=_LINES_PX)
    return figure


def furthest_behind(frame: pd.DataFrame) -> Iterator[tuple[tuple[str, str, int], pd.DataFrame]]:
    """Yield group, topic and partition of those furthest behind, at most `PANELS`, with their rows by time."""
    newest = frame[frame["round_id"] == frame["round_id"].max()]
    picked = newest.sort_values("lag", ascending=False, na_position="last", kind="stable").head(PANELS)
    for group_id, topic, partition in picked[["group_id", "topic", "partition"]].to_numpy():
        same = (frame["group_id"] == group_id) & (frame["topic"] == topic) & (frame["partition"] == partition)
        yield (group_id, topic, int(partition)), frame[same].sort_values("at", kind="stable")


def _with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    distances = rows["at"].diff()
    usual = distances.median()
    breaks = rows.loc[distances > GAP_FACTOR * usual, ["at"]]
    if breaks.empty:
        return rows
    holes = breaks.assign(at=breaks["at"] - usual / 2).reindex(columns=rows.columns).astype(rows.dtypes)
    return pd.concat([rows, holes]).sort_values("at", kind="stable")


def _numbers(values: pd.Series) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in values]


def _name(group_id: str, topic: str, partition: int, *, between: str) -> str:
    return f"{_escaped(_short(group_id))}{between}{_escaped(f'{_short(topic)}/{partition}')}"


def _short(text: str) -> str:
    shown = visible(text, 200)
    return shown if len(shown) <= _TITLE_CHARACTERS else f"…{shown[1 - _TITLE_CHARACTERS :]}"


def _escaped(text: str) -> str:
    return chart_text(text)


def _labelled(figure: go.Figure, title: str) -> go.Figure:
    figure.update_layout(
        title=_escaped(visible(title, 120)),
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#808080"},
        margin={"l": 60, "r": 20, "t": 90, "b": 90},
        # Measured from the edge of the chart: below the labels and the title of the axis, whatever their height is.
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)", zerolinecolor="rgba(128,128,128,0.4)")
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zerolinecolor="rgba(128,128,128,0.4)")
    return figure
