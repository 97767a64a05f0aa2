"""Draws lag as a static picture, for the output that stays when the live chart is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.charts.legend import side_by_side
from workbench.lag.figure import furthest_behind
from workbench.text import Element, clock_text, counted, element, number_text, partition_text, svg, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH, _HEIGHT, _LEFT, _TOP = 340.0, 120.0, 12.0, 36.0
_COLUMNS = 2
_BARS, _BAR_PX, _NAMES_PX, _NUMBER_PX = 20, 20, 330.0, 110.0
_READABLE, _LOST = "#1f77b4", "#d62728"
_POINTS = 200
"""Samples drawn of a partition: more would not be told apart on the width of a picture."""
_NAME_CHARACTERS = 50


def lag_picture(frame: pd.DataFrame, *, title: str = "Consumer lag") -> Element | None:
    """Draw the lag of the partitions that are furthest behind: lines of several samples, bars of one.

    Args:
        frame: A lag frame; see `workbench.lag.lag_frame`. Of groups without any partition nothing is drawn.
        title: Accessible name of the picture.

    Returns:
        The picture; None without a partition.
    """
    frame = frame[frame["partition"].notna()]
    if frame.empty:
        return None
    if frame["round_id"].min() == frame["round_id"].max():
        return _bars(frame, title)
    panels = [_panel(n, key, rows) for n, (key, rows) in enumerate(furthest_behind(frame))]
    columns, rows = min(len(panels), _COLUMNS), -(-len(panels) // _COLUMNS)
    height = rows * (_HEIGHT + _TOP + 30)
    more = int((frame["round_id"] == frame["round_id"].max()).sum()) - len(panels)
    note = [_not_drawn(more, height)] if more > 0 else []
    size = columns * (_WIDTH + 2 * _LEFT), height + 24 * len(note)
    return svg(*size, *panels, *note, title=visible(title, 200))


def _bars(frame: pd.DataFrame, title: str) -> Element:
    """Draw a bar for each partition: what can be read, and what was deleted unread."""
    worst = frame.sort_values("lag", ascending=False, na_position="last", kind="stable").head(_BARS)
    rows: list[Any] = list(worst[["group_id", "topic", "partition", "lag", "readable", "lost"]].itertuples(index=False))
    most = max((int(row.lag) for row in rows if not pd.isna(row.lag)), default=0)
    entries = ((_square(colour), 18.0, text) for text, colour in (("readable", _READABLE), ("lost unread", _LOST)))
    legend, top = side_by_side(entries, _NAMES_PX + _WIDTH)
    bars = [_bar(top + number * _BAR_PX, row, most) for number, row in enumerate(rows)]
    more = len(frame) - len(rows)
    height = top + len(rows) * _BAR_PX
    note = [_not_drawn(more, height)] if more > 0 else []
    ink = {"fill": "currentColor", "font_size": "12", "font_family": "system-ui, sans-serif"}
    drawn = element("g", legend, *bars, *note, **ink)
    return svg(_NAMES_PX + _WIDTH + _NUMBER_PX, height + 4 + 20 * len(note), drawn, title=visible(title, 200))


def _bar(top: float, row: Any, most: int) -> Element:
    name = _name(row.group_id, partition_text(row.topic, int(row.partition)))
    lag = "unknown" if pd.isna(row.lag) else number_text(int(row.lag))
    left, pieces = _NAMES_PX, []
    for value, colour in ((row.readable, _READABLE), (row.lost, _LOST)):
        wide = 0.0 if pd.isna(value) else _WIDTH * int(value) / max(most, 1)
        box = {"x": f"{left:.1f}", "y": f"{top + 3:g}", "width": f"{wide:.1f}", "height": f"{_BAR_PX - 6:g}"}
        pieces.append(element("rect", **box, fill=colour))
        left += wide
    return element("g", _text(_LEFT, top + 14, name), *pieces, _text(left + 6, top + 14, lag))


def _square(colour: str) -> Element:
    return element("rect", x=0, y=-6, width=12, height=12, fill=colour)


def _panel(number: int, key: tuple[str, str, int], rows: pd.DataFrame) -> Element:
    group_id, topic, partition = key
    left = (number % _COLUMNS) * (_WIDTH + 2 * _LEFT) + _LEFT
    top = (number // _COLUMNS) * (_HEIGHT + _TOP + 30) + _TOP
    most = rows["lag"].max()
    high = 0 if pd.isna(most) else int(most)
    newest = rows["lag"].iloc[-1]
    times = [clock_text(rows["at"].iloc[place].to_pydatetime(), precision="s") for place in (0, -1)]
    name = _name(group_id, partition_text(topic, partition))
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


def _not_drawn(partitions: int, top: float) -> Element:
    return _text(_LEFT, top + 14, f"{counted(partitions, 'partition')} less behind not drawn")


def _name(group_id: str, partition: str) -> str:
    """Write both names, whole where there is room for them; of longer ones the ends, where they differ."""
    names: tuple[str, ...] = (visible(group_id, 200), visible(partition, 200))
    half = _NAME_CHARACTERS // 2
    if sum(map(len, names)) > _NAME_CHARACTERS:
        names = tuple(name if len(name) <= half else f"…{name[1 - half :]}" for name in names)
    return " · ".join(names)
