"""Steps of a state over time: a lane for each key, a mark for each event; idle time is folded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.model.causation import Part, Picture, PictureNode, PictureRow
from workbench.text import counted, json_visible, number_text, time_text, visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.shapes import fitted, outline
from workbench.tracing.drawing.pictures.lines import area, areas, axis_parts
from workbench.tracing.drawing.time_axis import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pandas as pd

    from workbench.model.causation import EventPosition

MOST_LANES = 24
PAGE = 800
"""Steps drawn at first, the last ones, and by each opening of earlier ones."""
_LANE_PX, _TOP_PX, _LABEL_PX, _MARK_PX = 30.0, 40.0, 220.0, 14.0
_LABEL_CHARACTER_PX = 6.7
_MORE = "steps:"
_FEW = 3
TITLES = ("Time", "Key", "Record", "Changes", "What changed")


def state_picture(
    steps: pd.DataFrame,
    positions: Sequence[EventPosition],
    written: Callable[[Any], str],
    *,
    opened: Collection[str] = (),
) -> Picture:
    """Draw the steps of a fold.

    Args:
        steps: time_us, position, key and patch (a JSON Patch) of each event, in the order of time.
        positions: The record of each step.
        written: Writes a value as JSON.
        opened: Keys of the pages that are open.
    """
    pages = [f"{_MORE}{PAGE * n}" for n in range(1, 1 + len(steps) // PAGE)]
    open_pages = [page for page in pages if page in opened]
    first = max(len(steps) - PAGE * (1 + len(open_pages)), 0)
    drawn = steps.iloc[first:]
    lanes, lane_of, merged = _lanes(drawn["key"])
    time = drawn["time_us"].to_numpy(np.int64)
    axis = TimeAxis.of(time, len(drawn))
    x = _LABEL_PX + 20 + axis.place(time) if len(drawn) else np.zeros(0)
    numbers = theme.palette_index(lanes)
    nodes = []
    for place, (row, at) in enumerate(zip(drawn.to_dict("records"), x.tolist(), strict=True)):
        lane = lane_of[row["key"]]
        node = _node(f"s{first + place}", row, positions[first + place], written)
        y = _TOP_PX + (lane + 0.5) * _LANE_PX
        nodes.append(replace(node, x=at, y=y, colour=numbers[lanes[lane]]))
    if first:
        nodes.append(_more(f"{_MORE}{len(drawn)}", first, len(lanes)))
    bottom = _TOP_PX + _LANE_PX * (len(lanes) + bool(first)) + 10
    width = _LABEL_PX + 20 + axis.width + 60
    behind, labels = axis_parts(axis, _LABEL_PX + 20, _TOP_PX, bottom)
    stripes = areas((0, _TOP_PX + n * _LANE_PX, width, _TOP_PX + (n + 1) * _LANE_PX) for n in range(1, len(lanes), 2))
    place_of = np.full(len(steps), len(nodes) - 1, dtype=np.int64)
    place_of[first:] = np.arange(len(drawn))
    keys = counted(steps["key"].nunique(), "key")
    notes = [f"{counted(first, 'earlier step')} folded, open on demand"] if first else []
    notes += [f"the {counted(merged, 'key')} with the fewest steps share a lane"] if merged else []
    return Picture(
        layout="state",
        nodes=tuple(nodes),
        width=width,
        height=bottom,
        text=f"{number_text(len(drawn))} of {counted(len(steps), 'step')} shown, {keys}",
        titles=TITLES,
        numeric=(3,),
        rows=tuple(_row(first + n, row, written) for n, row in enumerate(drawn.to_dict("records"))),
        behind=(*([Part("stripe", stripes)] if stripes else []), *behind, *_names(lanes)),
        top=(Part("head", area(-1, -1, width + 1, _TOP_PX)), *labels),
        top_height=_TOP_PX,
        links=tuple(_links(drawn, first)),
        legend=(("area", outline("plain", 10, 10), "1", "state set or changed"),
                ("node", outline("ellipse", 12, 12), "", "key deleted"),
                ("", "", "", "select a step to see the state at its time")),
        notes=tuple(notes),
        opened=frozenset(open_pages),
        place=place_of,
        layouts=("state",),
    )  # fmt: skip


def _lanes(keys: pd.Series[str]) -> tuple[list[str], dict[str, int], int]:
    """Name the lanes, in the order of their first step, and find the lane of each key."""
    counts = keys.value_counts(sort=False)
    order = list(counts.index)
    frequent = set(counts.sort_values(ascending=False, kind="stable").index[: MOST_LANES - (len(order) > MOST_LANES)])
    kept = [key for key in order if key in frequent]
    lane = {key: number for number, key in enumerate(kept)}
    merged = len(order) - len(kept)
    names = [*kept, *([counted(merged, "other key")] if merged else [])]
    return names, {key: lane.get(key, len(kept)) for key in order}, merged


def _names(lanes: Sequence[str]) -> list[Part]:
    return [
        Part("label", text=fitted(visible(name, None), _LABEL_PX - 20, _LABEL_CHARACTER_PX), x=10,
             y=_TOP_PX + (n + 0.5) * _LANE_PX + 4)
        for n, name in enumerate(lanes)
    ]  # fmt: skip


def _node(key: str, row: Any, position: EventPosition, written: Callable[[Any], str]) -> PictureNode:
    deleted = any(one["op"] == "remove" and one["path"].count("/") == 1 for one in row["patch"])
    gone, set_ = outline("ellipse", _MARK_PX, _MARK_PX), outline("plain", _MARK_PX - 4, _MARK_PX - 2)
    shape = Part("before", gone) if deleted else Part("bar", set_)
    when = time_text(row["time_us"], "us")
    return PictureNode(
        key=key,
        kind="event",
        name=", ".join([f"{visible(row['key'], 60)} at {when}", row["position"], _summary(row["patch"], written)]),
        x=0,
        y=0,
        width=_MARK_PX,
        height=_MARK_PX,
        parts=(shape,),
        positions=(position,),
        facts=tuple(("change", change_text(one, written)) for one in row["patch"]),
    )


def change_text(operation: Any, written: Callable[[Any], str]) -> str:
    """Write an operation of a JSON Patch: ``replace /x/state "paid"``."""
    value = f" {written(operation['value'])}" if "value" in operation else ""
    return f"{operation['op']} {json_visible(visible(operation['path'], 120))}{value}"


def _summary(patch: Any, written: Callable[[Any], str]) -> str:
    if not patch:
        return "nothing changed"
    more = f", and {counted(len(patch) - _FEW, 'more change')}" if len(patch) > _FEW else ""
    return "; ".join(change_text(one, written) for one in patch[:_FEW]) + more


def _row(number: int, row: Any, written: Callable[[Any], str]) -> PictureRow:
    cells = (
        time_text(row["time_us"], "us"),
        visible(row["key"], 80),
        row["position"],
        number_text(len(row["patch"])),
        _summary(row["patch"], written),
    )
    return PictureRow(f"s{number}", 0, cells)


def _links(drawn: pd.DataFrame, first: int) -> list[tuple[str, str]]:
    """Relate each step to the next one: the arrow keys walk through time."""
    return [(f"s{first + n}", f"s{first + n + 1}") for n in range(len(drawn) - 1)]


def _more(key: str, count: int, lanes: int) -> PictureNode:
    label = f"{counted(count, 'earlier step')}: open"
    width = len(label) * 7.0 + 24
    parts = (Part("stack", area(-width / 2, -11, width / 2, 11)), Part("label", text=label, x=0, y=4, anchor="middle"))
    return PictureNode(key, "group", f"{counted(count, 'earlier step')}, folded; opens on demand",
                       12 + width / 2, _TOP_PX + (lanes + 0.5) * _LANE_PX, width, 22, parts)  # fmt: skip
