"""Draws events per time bucket as a static picture, for the output that stays without plotly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.charts.legend import side_by_side
from workbench.exploration.rate_figure import rate_series
from workbench.text import Element, clock_text, duration_text, element, number_text, svg, time_text, visible

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from workbench.text import TimeUnit

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT = 800.0, 220.0, 64.0, 24.0, 24.0
_COLUMNS = 240
"""Columns drawn at most: of more buckets, neighbours are drawn as one."""
_TIMES = 4
_STEPS = (1, 2, 5, 10)
_LINES = 4
_DAY_MS = 86_400_000
_SECONDS_MS = 10_000


def rate_picture(frame: pd.DataFrame, totals: pd.DataFrame, *, by: str | None, width_ms: int) -> Element | None:
    """Draw stacked bars; None without events.

    Args:
        frame: Columns ``at``, the counted column, ``events``, as `workbench.exploration.EventRate` has them.
        totals: The values by frequency.
        by: The counted column, or None.
        width_ms: Width of a bucket in milliseconds.
    """
    if frame.empty:
        return None
    starts = _starts_ms(frame)
    first, last = int(starts.min()), int(starts.max()) + width_ms
    merged = -(-(last - first) // (width_ms * _COLUMNS))
    column_ms = width_ms * merged
    columns = -(-(last - first) // column_ms)
    series = [
        (name, colour, _counts(rows, first, column_ms, columns))
        for name, colour, rows in rate_series(frame, totals, by)
    ]
    step = _step(float(np.sum([counts for _, _, counts in series], axis=0).max()))
    most = step * _LINES
    bottom = np.zeros(columns)
    bars = []
    for _, colour, counts in series:
        bars.append(_bars(bottom, counts, most, colour))
        bottom = bottom + counts
    names = [(_square(colour), 18.0, visible(name, 80)) for name, colour, _ in series]
    legend, high = side_by_side(names if by else (), _LEFT + _WIDTH)
    foot = _TOP + _HEIGHT + 28
    title = "Events over time" + (f" by {by}" if by else "")
    return svg(
        _LEFT + _WIDTH + _RIGHT,
        foot + high,
        element(
            "g",
            _text(6, 14, f"{title}, events per {duration_text(column_ms)}"),
            *(_line(number * step, most) for number in range(_LINES + 1)),
            *bars,
            *_times(first, column_ms * columns),
            element("g", legend, transform=f"translate(0,{foot:g})"),
            fill="currentColor",
            font_size=12,
            font_family="system-ui, sans-serif",
        ),
        title=title,
    )


def _starts_ms(rows: pd.DataFrame) -> NDArray[np.int64]:
    return rows["at"].to_numpy("datetime64[ms]").astype(np.int64)


def _counts(rows: pd.DataFrame, first: int, column_ms: int, columns: int) -> NDArray[np.float64]:
    place = (_starts_ms(rows) - first) // column_ms
    return np.bincount(place, weights=rows["events"].to_numpy(np.float64), minlength=columns).astype(np.float64)


def _step(most: float) -> int:
    """Return a round distance of the lines, `_LINES` of which reach the highest column."""
    least = max(most / _LINES, 1.0)
    power: int = 10 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least)


def _bars(bottom: NDArray[np.float64], counts: NDArray[np.float64], most: int, colour: str) -> Element:
    """Draw the bars of one value as one path, on those of the values before."""
    wide = _WIDTH / len(counts)
    pieces = []
    for column in np.flatnonzero(counts).tolist():
        low, high = (_TOP + _HEIGHT * (1 - part / most) for part in (bottom[column], bottom[column] + counts[column]))
        left = _LEFT + column * wide
        pieces.append(f"M{left:.1f},{low:.1f}V{high:.1f}H{left + wide:.1f}V{low:.1f}Z")
    return element("path", d="".join(pieces), fill=colour)


def _line(events: int, most: int) -> Element:
    y = _TOP + _HEIGHT * (1 - events / most)
    ends = {"x1": f"{_LEFT:g}", "x2": f"{_LEFT + _WIDTH:g}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
    label = _text(_LEFT - 6, y + 4, number_text(events), anchor="end")
    return element("g", element("line", **ends, stroke="currentColor", stroke_opacity="0.2"), label)


def _times(first: int, span: int) -> list[Element]:
    times = [first + span * number // _TIMES for number in range(_TIMES + 1)]
    write = time_text if span > _DAY_MS else clock_text
    places = [_LEFT + _WIDTH * number / _TIMES for number in range(_TIMES + 1)]
    anchors = ("start", *["middle"] * (_TIMES - 1), "end")
    precision: TimeUnit = "s"
    if span <= _SECONDS_MS:
        precision = "ms"
    texts = [write(at, precision=precision) for at in times]
    # The first one has the date, which the others leave out.
    texts[0] = time_text(first, precision="s")
    rows = zip(places, texts, anchors, strict=True)
    return [_text(x, _TOP + _HEIGHT + 16, text, anchor=anchor) for x, text, anchor in rows]


def _square(colour: str) -> Element:
    return element("rect", x=0, y=-6, width=12, height=12, fill=colour)


def _text(x: float, y: float, text: str, *, anchor: str | None = None) -> Element:
    return element("text", text, x=f"{x:g}", y=f"{y:g}", text_anchor=anchor, fill_opacity="0.75")
