"""Event-type map: a box for each type, a line from each to what it leads to, with number and median hop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.model.causation import Part, Picture, PictureLine, PictureNode, PictureRow
from workbench.text import counted, duration_text, number_text, visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.layered import NODE_HEIGHT, NODE_WIDTH, layered
from workbench.tracing.drawing.painting.legend import badge_entries
from workbench.tracing.drawing.painting.shapes import fitted, outline

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from workbench.model.causation import BadgeKind, EventPosition, LayoutName
    from workbench.tracing.drawing.layout import Drawing
    from workbench.tracing.drawing.painting.legend import Entry

MOST_TYPES = 100
"""Boxes drawn apart; the rarest types beyond them share one."""
MOST_ROWS = 1_000
"""Edges in the table beside a map."""
_LABEL_CHARACTER_PX, _SUB_CHARACTER_PX, _INSET_PX = 7.0, 6.0, 10
_CELL = (300.0, 92.0)
"""A line from a type to itself stands above its box, with its text."""
_NAME = 120
TITLES = ("From", "To", "Number", "Share", "Fan-out", "p50", "p95", "p99", "Backwards", "Failed")


def map_picture(
    frame: pd.DataFrame,
    types: pd.DataFrame,
    by: str,
    *,
    positions: Mapping[str | None, tuple[EventPosition, ...]] | None = None,
    place: Any = None,
    provenance: str = "",
    layouts: tuple[LayoutName, ...] = ("map",),
) -> Picture:
    """Draw a map.

    Args:
        frame: Edges, as `workbench.tracing.type_map.TypeMap.frame`.
        types: name, n, failed.
        by: What the boxes are.
        positions: Records that selecting a box selects, by its name.
        place: For each event the index of its type in ``types``.
        provenance: What was read.
        layouts: Pictures that can be asked for instead.
    """
    names, box, merged = _boxes(frame, types)
    drawn = _merged_edges(frame, box)
    cause, effect = (np.array([edge[end] for edge in drawn], dtype=np.int64) for end in ("cause", "effect"))
    other = cause != effect
    drawing = layered(len(names), cause[other], effect[other], np.zeros(int(other.sum()), dtype=np.bool_), cell=_CELL)
    several = len(types) - merged if merged else -1
    boxes = _contents(names, types, box, positions or {})
    nodes = [_node(number, one, drawing, several=number == several) for number, one in enumerate(boxes)]
    routes = iter(drawing.routes)
    lines = [
        _line(edge, next(routes) if edge["cause"] != edge["effect"] else _loop(drawing, int(edge["cause"])))
        for edge in drawn
    ]
    count = counted(len(types), noun_of(by))
    frequent = frame.sort_values("n", ascending=False, kind="stable").head(MOST_ROWS)
    notes = [f"the {counted(merged, 'rarest box', 'rarest boxes')} are drawn as one"] if merged else []
    notes += share_notes(frame)
    left = len(frame) - len(frequent)
    notes += (
        [f"the table has the most frequent edges; {counted(left, 'more is', 'more are')} in .frame"] if left else []
    )
    own = np.array([box[name] for name in types["name"]], dtype=np.int64)
    return Picture(
        layout="map",
        nodes=tuple(nodes),
        width=drawing.width,
        height=drawing.height + 30,
        text=f"{count}, {counted(len(frame), 'edge')}",
        titles=TITLES,
        numeric=range_of(2, len(TITLES)),
        rows=tuple(_row(row, f"t{box[row.cause]}") for row in frequent.itertuples(index=False)),
        edges=tuple(lines),
        legend=tuple(_legend(nodes, lines)),
        notes=tuple(notes),
        provenance=provenance,
        place=own[place] if place is not None and len(own) else None,
        layouts=layouts,
    )


def noun_of(by: str) -> str:
    """Name what a box of a map is."""
    return "type" if by == "event_type" else by


def share_notes(frame: pd.DataFrame) -> list[str]:
    """Say that there are no edges, or that shares leave out young causes, where that makes a difference."""
    if frame.empty:
        return ["no event has a known cause; directly_follows() shows what follows what in time"]
    both = frame[["share", "share_mature"]].fillna(-1).to_numpy()
    young = "share and fan-out leave out causes so young that an effect may still come"
    return [young] if (both[:, 0] != both[:, 1]).any() else []


def range_of(first: int, last: int) -> tuple[int, ...]:
    """Return the numbers of some columns."""
    return tuple(range(first, last))


def _boxes(frame: pd.DataFrame, types: pd.DataFrame) -> tuple[list[str], dict[Any, int], int]:
    """Number the boxes in the order of the types; names of causes that are no type, as outside ones, come last."""
    ordered = types.sort_values("n", ascending=False, kind="stable")
    kept = set(ordered["name"].head(MOST_TYPES - 1 if len(types) > MOST_TYPES else MOST_TYPES))
    names, box = list[str](), dict[Any, int]()
    for name in types["name"]:
        if name in kept:
            box[name] = len(names)
            names.append(_text(name))
    merged = len(types) - len(names)
    if merged:
        names.append(counted(merged, "other"))
        box |= {name: len(names) - 1 for name in types["name"] if name not in kept}
    for name in [*frame["cause"], *frame["effect"]]:
        if name not in box:
            box[name] = len(names)
            names.append(_text(name))
    return names, box, merged


def _text(name: Any) -> str:
    return visible(name, _NAME) if isinstance(name, str) else "(none)"


def _merged_edges(frame: pd.DataFrame, box: Mapping[Any, int]) -> list[dict[Hashable, Any]]:
    """Add the edges between the same boxes; a median is kept where a box stands for one type only."""
    boxed = pd.DataFrame(
        {
            "cause": [box[name] for name in frame["cause"]],
            "effect": [box[name] for name in frame["effect"]],
            "n": frame["n"].to_numpy(),
            "p50_us": frame["p50_us"].to_numpy(),
        },
        index=range(len(frame)),
    )
    grouped = boxed.groupby(["cause", "effect"], sort=True)
    found = grouped.agg(n=("n", "sum"), p50_us=("p50_us", "first"), edges=("n", "size")).reset_index()
    found.loc[found["edges"] > 1, "p50_us"] = np.nan
    return found.to_dict("records")


@dataclass(slots=True)
class _Box:
    name: str
    colour: int
    events: int = 0
    failed: int = 0
    positions: tuple[EventPosition, ...] = ()


def _contents(
    names: Sequence[str],
    types: pd.DataFrame,
    box: Mapping[Any, int],
    positions: Mapping[str | None, tuple[EventPosition, ...]],
) -> list[_Box]:
    colours = theme.palette_index(names)
    boxes = [_Box(name, colours[name]) for name in names]
    for row in types.to_dict("records"):
        held = boxes[box[row["name"]]]
        held.events += int(row["n"])
        held.failed += int(row["failed"])
        held.positions += positions.get(row["name"], ())
    return boxes


def _node(number: int, box: _Box, drawing: Drawing, *, several: bool) -> PictureNode:
    room, left = NODE_WIDTH - 2 * _INSET_PX, -NODE_WIDTH / 2 + _INSET_PX
    said = counted(box.events, "event") if box.events else "outside the snapshot"
    wrong = f", {number_text(box.failed)} failed" if box.failed else ""
    parts = (
        Part("stack" if several else "box", outline("stack" if several else "round", NODE_WIDTH, NODE_HEIGHT)),
        Part("label", text=fitted(box.name, room, _LABEL_CHARACTER_PX), x=left, y=-3),
        Part("sub", text=fitted(f"{said}{wrong}", room, _SUB_CHARACTER_PX), x=left, y=12),
    )
    badges: tuple[BadgeKind, ...] = ("failed",) if box.failed else ()
    return PictureNode(
        key=f"t{number}",
        kind="type",
        name=f"{box.name}, {said}{wrong}",
        x=float(drawing.x[number]),
        y=float(drawing.y[number]),
        width=NODE_WIDTH,
        height=NODE_HEIGHT,
        parts=parts,
        colour=box.colour if box.events else -1,
        positions=box.positions,
        badges=tuple((kind, NODE_WIDTH / 2, -NODE_HEIGHT / 2) for kind in badges),
    )


def _line(edge: Mapping[Hashable, Any], route: tuple[tuple[float, float], ...]) -> PictureLine:
    count, median = int(edge["n"]), edge["p50_us"]
    time = "" if pd.isna(median) else f" · {duration_text(float(median), 'us', smallest='us')}"
    return PictureLine(
        cause=f"t{edge['cause']}",
        effect=f"t{edge['effect']}",
        route=route,
        label=f"{number_text(count)}{time}",
        width=min(1.5 + math.log10(max(count, 1)), 5.0),
    )


def _loop(drawing: Drawing, number: int) -> tuple[tuple[float, float], ...]:
    x, top = float(drawing.x[number]), float(drawing.y[number]) - NODE_HEIGHT / 2
    return (x - 34, top), (x - 20, top - 22), (x, top - 22), (x + 20, top - 22), (x + 34, top)


def _row(row: Any, key: str) -> PictureRow:
    def share(value: Any) -> str:
        return "" if pd.isna(value) else f"{float(value):.4g}"

    def micros(value: Any) -> str:
        return "" if pd.isna(value) else duration_text(float(value), "us", smallest="us")

    cells = (
        _text(row.cause),
        _text(row.effect),
        number_text(int(row.n)),
        share(row.share_mature),
        share(row.fan_out_mature),
        *(micros(value) for value in (row.p50_us, row.p95_us, row.p99_us)),
        number_text(int(row.negative)) if row.negative else "",
        number_text(int(row.failed)) if row.failed else "",
    )
    return PictureRow(key, 0, cells)


def _legend(nodes: Sequence[PictureNode], lines: Sequence[PictureLine]) -> list[Entry]:
    badges = badge_entries(kind for node in nodes for kind, _, _ in node.badges)
    said: Entry = ("", "", "", "on each line: how many, and the median time from cause to effect; wider: more")
    return [*badges, said] if lines else badges
