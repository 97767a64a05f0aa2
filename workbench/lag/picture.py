"""Draws lag over time as a static picture, for the output that stays when the live chart is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.lag.figure import furthest_behind
from workbench.text import Element, clock_text, element, number_text, partition_text, svg, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH, _HEIGHT, _LEFT, _TOP = 340.0, 120.0, 12.0, 36.0
_COLUMNS = 2
_POINTS = 200
"""Samples drawn of a partition: more would not be told apart on the width of a picture."""
_NAME_CHARACTERS = 46


def lag_picture(frame: pd.DataFrame, *, title: str = "Consumer lag") -> Element | None:
    """Draw the lag of the partitions that are furthest behind; None before there are two samples.

    Args:
        frame: A lag frame; see `workbench.lag.lag_frame`.
        title: Accessible name of the picture.
    """
    if frame.empty or frame["round_id"].min() == frame["round_id"].max():
        return None
    panels = [_panel(n, key, rows) for n, (key, rows) in enumerate(furthest_behind(frame))]
    columns, rows = min(len(panels), _COLUMNS), -(-len(panels) // _COLUMNS)
    return svg(columns * (_WIDTH + 2 * _LEFT), rows * (_HEIGHT + _TOP + 30), *panels, title=visible(title, 200))


def _panel(number: int, key: tuple[str, str, int], rows: pd.DataFrame) -> Element:
    group_id, topic, partition = key
    left = (number % _COLUMNS) * (_WIDTH + 2 * _LEFT) + _LEFT
    top = (number // _COLUMNS) * (_HEIGHT + _TOP + 30) + _TOP
    most = rows["lag"].max()
    high = 0 if pd.isna(most) else int(most)
    newest = rows["lag"].iloc[-1]
    times = [clock_text(rows["at"].iloc[place].to_pydatetime(), precision="s") for place in (0, -1)]
    name = f"{_end(group_id)} · {_end(partition_text(topic, partition))}"
    lag = "lag unknown" if pd.isna(newest) else f"lag {number_text(int(newest))}, at most {number_text(high)}"
    frame = {"x": f"{left:g}", "y": f"{top:g}", "width": f"{_WIDTH:g}", "height": f"{_HEIGHT:g}", "fill": "none"}
    return element(
        "g",
        element("rect", **frame, stroke="currentColor", stroke_opacity="0.3"),
        *(_line(points) for points in _runs(rows, left, top, high)),
        _text(left, top - 20, name),
        _text(left, top - 6, lag),
        _text(left, top + _HEIGHT + 14, times[0]),
        _text(left + _WIDTH, top + _HEIGHT + 14, times[1], anchor="end"),
    )


def _runs(rows: pd.DataFrame, left: float, top: float, high: int) -> Iterator[list[str]]:
    """Points of each stretch of known lag; nothing is drawn through a sample without one."""
    rows = rows.iloc[:: -(-len(rows) // _POINTS)]
    first, last = rows["at"].iloc[0], rows["at"].iloc[-1]
    width = max((last - first).total_seconds(), 1e-9)
    run: list[str] = []
    for at, lag in zip(rows["at"], rows["lag"], strict=True):
        if pd.isna(lag):
            yield run
            run = []
            continue
        across = (at - first).total_seconds() / width
        run.append(f"{left + across * _WIDTH:.1f},{top + _HEIGHT * (1 - int(lag) / max(high, 1)):.1f}")
    yield run


def _line(points: list[str]) -> Element | None:
    if not points:
        return None
    return element("polyline", points=" ".join(points), fill="none", stroke="#d62728", stroke_width="2")


def _text(x: float, y: float, text: str, *, anchor: str | None = None) -> Element:
    return element("text", text, x=f"{x:g}", y=f"{y:g}", font_size=11, fill="currentColor", text_anchor=anchor)


def _end(text: str) -> str:
    shown = visible(text, 200)
    half = _NAME_CHARACTERS // 2
    return shown if len(shown) <= half else f"…{shown[1 - half :]}"
