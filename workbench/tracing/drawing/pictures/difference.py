"""Difference of two traces, or of two sets: a row for each place in the flow, with both numbers and both hops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.model.causation import Part, Picture, PictureNode, PictureRow
from workbench.text import and_more, counted, duration_text, number_text, visible
from workbench.tracing.drawing.painting.shapes import fitted
from workbench.tracing.drawing.pictures.lines import area, areas

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

    from workbench.model.causation import EventPosition
    from workbench.tracing.drawing.painting.legend import Entry

SIGNS = {
    "added": "+",
    "removed": "−",  # noqa: RUF001 - a sign as wide as the plus
    "more": "↑",
    "less": "↓",
    "became_leaf": "⊣",
    "became_inner": "⊢",
    "same": "=",
}
"""Sign of each status, so that it can be read without colour."""
WORDS = {
    "added": "only in b",
    "removed": "only in a",
    "more": "more often in b",
    "less": "less often in b",
    "became_leaf": "leads to nothing in b",
    "became_inner": "leads to something in b",
    "same": "the same",
}
PAGE = 400
"""Rows drawn at first, and by each opening of those below."""
KEEP_SAME = 60
"""Rows up to which those that are the same are drawn, too."""
_ROW_PX, _TOP_PX, _LABEL_PX, _BAR_PX, _HOP_PX = 30.0, 28.0, 330.0, 176.0, 280.0
_INDENT_PX, _MOST_INDENTS = 14.0, 10
_LABEL_CHARACTER_PX = 6.7
_MORE = "rows:"
_EXAMPLES = 5
TITLES = ("Event", "Status", "a", "b", "Hop in a", "Hop in b", "Difference", "Payload")


def diff_picture(
    frame: pd.DataFrame,
    payload: pd.DataFrame,
    keys: Sequence[Sequence[Any]],
    names: tuple[str, str],
    traces: tuple[int, int],
    *,
    positions: Callable[[int], tuple[EventPosition, ...]],
    opened: Collection[str] = (),
) -> Picture:
    """Draw a difference.

    Args:
        frame: One row for each key, as `workbench.tracing.diff.diff.TraceDiff.frame`.
        payload: Paths of payloads that differ, by key.
        keys: The steps of the key of each row.
        names: What a and b are.
        traces: How many traces each of them is.
        positions: Returns where the events of a row are.
        opened: Keys of the pages that are open.
    """
    order = sorted(range(len(frame)), key=lambda row: tuple(step.text() for step in keys[row]))
    rows = _kept(frame, keys, order)
    pages = [f"{_MORE}{PAGE * n}" for n in range(1, 1 + len(rows) // PAGE)]
    open_pages = [page for page in pages if page in opened]
    shown = rows[: PAGE * (1 + len(open_pages))]
    changes = _changes(payload)
    most = float(max(frame["a"].max(), frame["b"].max())) if len(frame) else 1.0
    records = frame.to_dict("records")
    nodes = [
        replace(
            _node(records[row], keys[row], most, changes.get(str(records[row]["key"]), [])),
            key=f"d{row}",
            y=_TOP_PX + (place + 0.5) * _ROW_PX,
            positions=positions(row),
        )
        for place, row in enumerate(shown)
    ]
    left = len(rows) - len(shown)
    if left:
        nodes.append(_more(f"{_MORE}{len(shown)}", left, len(shown)))
    width = _LABEL_PX + _BAR_PX + _HOP_PX
    height = _TOP_PX + _ROW_PX * (len(nodes)) + 12
    counts = frame["status"].value_counts()
    facts = [f"{number_text(int(n))} {WORDS[str(status)]}" for status, n in counts.items()]
    hidden = len(frame) - len(rows)
    notes = [f"{counted(hidden, 'place')} that are the same not drawn"] if hidden else []
    notes += [f"{counted(left, 'more place')} below, open on demand"] if left else []
    sides = [f"{letter}: {visible(name, 80)} ({counted(n, 'trace')})"
             for letter, name, n in zip("ab", names, traces, strict=True)]  # fmt: skip
    place = np.full(len(frame), -1, dtype=np.int64)
    place[rows] = len(nodes) - 1
    place[shown] = np.arange(len(shown))
    stripes = areas((0, _TOP_PX + y * _ROW_PX, width, _TOP_PX + (y + 1) * _ROW_PX) for y in range(1, len(shown), 2))
    return Picture(
        layout="diff",
        nodes=tuple(nodes),
        width=width,
        height=height,
        text=f"{counted(len(shown), 'place')} of {number_text(len(frame))} shown",
        titles=TITLES,
        numeric=(2, 3, 4, 5, 6),
        rows=tuple(_row(node.key, records[row], keys[row], changes) for node, row in zip(nodes, shown, strict=False)),
        behind=(Part("stripe", stripes),) if stripes else (),
        top=(Part("head", area(-1, -1, width + 1, _TOP_PX)), *_heads()),
        top_height=_TOP_PX,
        legend=tuple(_legend(frame)),
        facts=(*sides, *facts),
        notes=tuple(notes),
        opened=frozenset(open_pages),
        place=place,
        layouts=("diff",),
    )


def _heads() -> list[Part]:
    titles = ((12.0, "event, under its cause"), (_LABEL_PX, "number per trace, a over b"),
              (_LABEL_PX + _BAR_PX + 12, "median hop, a → b"))  # fmt: skip
    return [Part("tick", text=text, x=x, y=18) for x, text in titles]


def _kept(frame: pd.DataFrame, keys: Sequence[Sequence[Any]], order: list[int]) -> list[int]:
    """Leave out what is the same and has nothing different below it, where there is too much of it."""
    if len(order) <= KEEP_SAME:
        return order
    differs = ((frame["status"] != "same") | frame["slower_or_faster"]).to_numpy()
    wanted: set[tuple[Any, ...]] = set()
    for row in np.flatnonzero(differs).tolist():
        steps = tuple(keys[row])
        while steps and steps not in wanted:
            wanted.add(steps)
            steps = steps[:-1]
    return [row for row in order if tuple(keys[row]) in wanted]


def _changes(payload: pd.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in payload.to_dict("records"):
        what = ", ".join(
            f"{name} {number_text(int(row[name]))}" for name in ("added", "removed", "changed") if row[name]
        )
        found.setdefault(row["key"], []).append(f"{visible(row['path'], 60)} {what}")
    return found


def _node(record: Mapping[Hashable, Any], steps: Sequence[Any], most: float, changes: list[str]) -> PictureNode:
    status, text = str(record["status"]), visible(steps[-1].text().removesuffix("$"), 120)
    indent = 34 + min(len(steps) - 1, _MOST_INDENTS) * _INDENT_PX
    middle = _LABEL_PX / 2
    label = fitted(text, _LABEL_PX - indent - 8, _LABEL_CHARACTER_PX)
    parts = [
        Part("strong", text=SIGNS[status], x=14 - middle, y=4),
        Part("label" if status == "same" else "strong", text=label, x=indent - middle, y=4),
        *_bars(record, middle, most),
        Part("sub" if not record["slower_or_faster"] else "strong", text=_hops(record),
             x=middle + _BAR_PX + 12, y=4),
    ]  # fmt: skip
    payload = [f"payload: {change}" for change in changes[:_EXAMPLES]]
    name = f"{text}, {WORDS[status]}, {_number(record['a'])} in a, {_number(record['b'])} in b"
    return PictureNode(
        key="",
        kind="place",
        name=", ".join([name, *([_hops(record)] if _hops(record) else []), *payload]),
        x=middle,
        y=0,
        width=_LABEL_PX - 4,
        height=_ROW_PX - 2,
        parts=tuple(parts),
        facts=(("way", visible(str(record["key"]), 400)), *(("payload", change) for change in changes)),
    )


def _bars(record: Mapping[Hashable, Any], left: float, most: float) -> list[Part]:
    room = _BAR_PX - 70
    parts = []
    for look, name, top in (("before", "a", -9.0), ("after", "b", 1.0)):
        long = room * float(record[name]) / max(most, 1e-9)
        if long:
            parts.append(Part(look, area(left + 1, top, left + 1 + max(long, 2), top + 8)))
    text = f"{_number(record['a'])} → {_number(record['b'])}"
    return [*parts, Part("sub", text=text, x=left + _BAR_PX - 2, y=4, anchor="end")]


def _number(value: float) -> str:
    return f"{float(value):.3g}"


def _hops(record: Mapping[Hashable, Any]) -> str:
    a, b, delta = (record[name] for name in ("hop_a_us", "hop_b_us", "delta_us"))
    written = [_micros(a), _micros(b)]
    if not any(written):
        return ""
    word = ""
    if record["slower_or_faster"]:
        word = (
            f" {'slower' if delta > 0 else 'faster'}, {duration_text(float(delta), 'us', signed=True, smallest='us')}"
        )
    return f"{written[0] or '–'} → {written[1] or '–'}{word}"  # noqa: RUF001 - no hop


def _micros(value: Any) -> str:
    return "" if pd.isna(value) else duration_text(float(value), "us", smallest="us")


def _row(
    key: str, record: Mapping[Hashable, Any], steps: Sequence[Any], changes: Mapping[str, list[str]]
) -> PictureRow:
    own = changes.get(str(record["key"]), [])
    delta = record["delta_us"]
    cells = (
        visible(steps[-1].text().removesuffix("$"), 120),
        WORDS[str(record["status"])],
        _number(record["a"]),
        _number(record["b"]),
        _micros(record["hop_a_us"]),
        _micros(record["hop_b_us"]),
        "" if pd.isna(delta) else duration_text(float(delta), "us", signed=True, smallest="us"),
        "; ".join(own[:_EXAMPLES]) + and_more(len(own) - _EXAMPLES),
    )
    return PictureRow(key, len(steps) - 1, cells)


def _more(key: str, left: int, place: int) -> PictureNode:
    label = f"{counted(left, 'more place')}: open"
    width = len(label) * 7.0 + 24
    parts = (Part("stack", area(-width / 2, -12, width / 2, 12)), Part("label", text=label, x=0, y=4, anchor="middle"))
    return PictureNode(key, "group", f"{counted(left, 'more place')}, folded; opens on demand",
                       12 + width / 2, _TOP_PX + (place + 0.5) * _ROW_PX, width, 24, parts)  # fmt: skip


def _legend(frame: pd.DataFrame) -> list[Entry]:
    present = set(frame["status"])
    entries: list[Entry] = [
        ("", "", "", f"{sign} {WORDS[status]}") for status, sign in SIGNS.items() if status in present
    ]
    bar = area(-13, -4, 13, 4)
    return [*entries, ("node", bar, "", "a"), ("area", bar, "0.75", "b")]
