"""Sequence diagram: a column for each lane, a row for each arrow in the order of arrival. Geometry in CSS pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.model.causation import Part, Picture, PictureNode, PictureRow
from workbench.text import counted, duration_text, number_text, visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.legend import PATH_ENTRY, badge_entries
from workbench.tracing.drawing.painting.shapes import fitted, outline
from workbench.tracing.drawing.pictures.lines import area, areas, line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from workbench.model.causation import BadgeKind, EventPosition, LayoutName
    from workbench.model.sequence import Arrow, Handler
    from workbench.tracing.drawing.painting.legend import Entry

MOST_LANES = 40
"""Lanes drawn apart; those with the fewest arrows beyond them share one."""
PAGE = 400
"""Arrows drawn at first, and by each opening of those below."""
_COLUMN_PX, _ROW_PX, _IDLE_PX, _TOP_PX = 150.0, 34.0, 26.0, 40.0
_LEFT_PX, _LOOP_PX, _STUB_PX = 90.0, 28.0, 34.0
_LABEL_CHARACTER_PX, _HEAD_CHARACTER_PX = 6.4, 7.8
_MOST_LABEL_PX = 280.0
_HEAD_WIDTH_PX, _ACTIVE_PX = 140.0, 4.0
_NAME = 60
_MORE = "arrows:"
TITLES = ("Event", "From", "To", "Record", "Time", "After", "Kind", "Remarks")


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What a trace knows of the events of a diagram beyond the diagram itself."""

    number: Mapping[str, int] = field(default_factory=dict)
    """Number of each event by its key."""
    time: Mapping[str, str] = field(default_factory=dict)
    position: Mapping[str, EventPosition] = field(default_factory=dict)
    badges: Mapping[str, tuple[BadgeKind, ...]] = field(default_factory=dict)
    on_path: frozenset[str] = frozenset()
    events: int = 0
    """Events of the trace."""


def sequence_picture(
    lanes: Sequence[str],
    handlers: Sequence[Handler],
    arrows: Sequence[Arrow],
    idle: Mapping[int, int],
    *,
    folded: int = 0,
    known: EventFacts | None = None,
    opened: Collection[str] = (),
    provenance: str = "",
    layouts: tuple[LayoutName, ...] = ("sequence",),
    page: int = PAGE,
) -> Picture:
    """Draw a diagram.

    Args:
        lanes: Names of the lanes, in their order.
        handlers: What each lane did because of what.
        arrows: In the order of arrival.
        idle: Number of an arrow, and the microseconds before it in which nothing arrived.
        folded: Events in repeated subtrees that are not drawn.
        known: Facts of the events.
        opened: Keys of the pages that are open.
        provenance: What was read.
        layouts: Pictures that can be asked for instead.
        page: Arrows drawn at first.
    """
    facts = known or EventFacts()
    pages = [f"{_MORE}{page * n}" for n in range(1, 1 + len(arrows) // page)]
    open_pages = [key for key in pages if key in opened]
    shown = arrows[: page * (1 + len(open_pages))]
    drawn = _Diagram(lanes, shown, idle, facts, _path_arrows(handlers, facts))
    nodes = drawn.nodes()
    left = len(arrows) - len(shown)
    if left:
        nodes.append(drawn.more(f"{_MORE}{len(shown)}", left))
    bottom = drawn.bottom + (_ROW_PX if left else 0) + 16
    merged = len(lanes) - len(drawn.columns)
    notes = [f"{counted(folded, 'event')} in repeated subtrees folded"] if folded else []
    notes += [f"{counted(left, 'more arrow')} below, open on demand"] if left else []
    notes += [f"the {counted(merged + 1, 'lane')} with the fewest arrows are drawn as one"] if merged > 0 else []
    return Picture(
        layout="sequence",
        nodes=tuple(nodes),
        width=drawn.width,
        height=bottom,
        text=f"{number_text(len(shown))} of {counted(len(arrows), 'arrow')} shown, {counted(len(lanes), 'lane')}",
        titles=TITLES,
        numeric=(5,),
        rows=tuple(drawn.rows(nodes)),
        behind=(*drawn.lifelines(bottom), *drawn.active(handlers), *drawn.idle_bands()),
        top=tuple(drawn.heads()),
        top_height=_TOP_PX,
        links=tuple(_links(handlers, nodes)),
        legend=tuple(_legend(nodes)),
        notes=tuple(notes),
        provenance=provenance,
        opened=frozenset(open_pages),
        place=_places(nodes, facts, left=left),
        layouts=layouts,
    )


class _Diagram:
    def __init__(
        self,
        lanes: Sequence[str],
        arrows: Sequence[Arrow],
        idle: Mapping[int, int],
        facts: EventFacts,
        path: Collection[tuple[str, str]],
    ) -> None:
        self._arrows, self._idle, self._facts, self._path = arrows, idle, facts, path
        self.columns, self._column = _columns(lanes, arrows)
        colours = theme.palette_index(lanes)
        self._colour = {lane: colours[lane] for lane in lanes}
        self._y = self._heights()
        self.bottom = (self._y[-1] if self._y else _TOP_PX) + _ROW_PX
        self.width = max(2 * _LEFT_PX + max(len(self.columns) - 1, 0) * _COLUMN_PX + _MOST_LABEL_PX - _LEFT_PX / 2, 480)

    def _heights(self) -> list[float]:
        heights, y = [], _TOP_PX
        for place in range(len(self._arrows)):
            y += _ROW_PX + (_IDLE_PX if place in self._idle else 0)
            heights.append(y)
        return heights

    def _x(self, lane: str) -> float:
        return _LEFT_PX + self._column[lane] * _COLUMN_PX

    def heads(self) -> list[Part]:
        """Draw the names of the lanes."""
        parts = [Part("stack", area(-1, -1, self.width + 1, _TOP_PX - 4))]
        for number, name in enumerate(self.columns):
            x = _LEFT_PX + number * _COLUMN_PX
            box = area(x - _HEAD_WIDTH_PX / 2, 6, x + _HEAD_WIDTH_PX / 2, _TOP_PX - 8)
            label = fitted(visible(name, None), _HEAD_WIDTH_PX - 8, _HEAD_CHARACTER_PX)
            parts += [Part("head", box), Part("strong", text=label, x=x, y=24, anchor="middle")]
        return parts

    def lifelines(self, bottom: float) -> list[Part]:
        """Draw the line of each lane down to the bottom."""
        lines = "".join(
            line((_LEFT_PX + number * _COLUMN_PX, _TOP_PX - 8), (_LEFT_PX + number * _COLUMN_PX, bottom))
            for number in range(len(self.columns))
        )
        return [Part("guide", lines)] if lines else []

    def active(self, handlers: Sequence[Handler]) -> list[Part]:
        """Draw from when to when each lane worked on an event: from its arrival to the last thing that came of it."""
        arrival = {(arrow.event, arrow.receiver): y for arrow, y in zip(self._arrows, self._y, strict=True)}
        last: dict[str, float] = {arrow.event: y for arrow, y in zip(self._arrows, self._y, strict=True)}
        boxes = []
        for handler in handlers:
            begin = arrival.get((handler.event or "", handler.lane))
            ends = [last[event] for event in handler.emits if event in last]
            if begin is not None and ends and max(ends) > begin:
                x = self._x(handler.lane)
                boxes.append((x - _ACTIVE_PX, begin, x + _ACTIVE_PX, max(ends)))
        return [Part("active", areas(boxes))] if boxes else []

    def idle_bands(self) -> list[Part]:
        """Draw a band with the time in which nothing arrived."""
        parts = []
        for place, length in self._idle.items():
            if place >= len(self._y):
                continue
            top = self._y[place] - _ROW_PX - _IDLE_PX / 2 + 4
            parts.append(Part("idle", area(4, top, self.width - 4, top + 18)))
            parts.append(Part("tick", text=f"nothing for {duration_text(length, 'us')}", x=12, y=top + 13))
        return parts

    def nodes(self) -> list[PictureNode]:
        """Draw the arrows; an event with several has one key for each."""
        made, seen = [], Counter[str]()
        for place, arrow in enumerate(self._arrows):
            number = self._facts.number.get(arrow.event)
            base = f"e{number}" if number is not None else f"a{place}"
            key = f"{base}.{seen[base]}" if seen[base] else base
            seen[base] += 1
            made.append(self._node(key, arrow, self._y[place]))
        return made

    def _node(self, key: str, arrow: Arrow, y: float) -> PictureNode:
        x0, x1 = self._ends(arrow)
        said = _said(arrow)
        backwards = x1 < x0
        text = fitted(visible(arrow.event_type, _NAME), _MOST_LABEL_PX, _LABEL_CHARACTER_PX, _after_name(arrow))
        left, right = min(x0, x1), max(x0, x1)
        badges = self._facts.badges.get(arrow.event, ())
        start = x0 - 10 if backwards else x0 + 10
        width = len(text) * _LABEL_CHARACTER_PX + 12
        low, high = (min(left, start - width), right) if backwards else (left, max(right, start + width))
        middle = (low + high) / 2
        parts = self._arrow(arrow, x0 - middle, x1 - middle)
        parts.append(
            Part(
                "label",
                text=text,
                x=start - middle,
                y=-8 if arrow.receiver is None else -6,
                anchor="end" if backwards else "start",
            )
        )
        position = self._facts.position.get(arrow.event)
        return PictureNode(
            key=key,
            kind="event" if position is not None else "arrow",
            name=", ".join([said, *(["on the critical path"] if self._on_path(arrow) else [])]),
            x=middle,
            y=y,
            width=high - low + 6,
            height=_ROW_PX - 4,
            parts=tuple(parts),
            colour=self._colour.get(arrow.sender, -1),
            positions=() if position is None else (position,),
            facts=(("event", visible(arrow.event, 200)),),
            badges=tuple((kind, x0 - middle + (-14 - 17 * n if not backwards else 14 + 17 * n), 0.0)
                         for n, kind in enumerate(badges)),
            on_path=self._on_path(arrow),
        )  # fmt: skip

    def _on_path(self, arrow: Arrow) -> bool:
        return (arrow.event, arrow.receiver) in self._path

    def _ends(self, arrow: Arrow) -> tuple[float, float]:
        x0 = self._x(arrow.sender)
        if arrow.receiver is None:
            return x0, x0 + _STUB_PX + 10
        x1 = self._x(arrow.receiver)
        return x0, x0 + _LOOP_PX if x1 == x0 else x1

    def _arrow(self, arrow: Arrow, x0: float, x1: float) -> list[Part]:
        if arrow.receiver is None:
            ring = f"M{x0 + _STUB_PX:.1f},0a5,5 0 1 1 10,0a5,5 0 1 1 -10,0Z"
            return [Part("arrow", line((x0, 0), (x0 + _STUB_PX, 0))), Part("before", ring)]
        if self._x(arrow.receiver) == self._x(arrow.sender):
            loop = line((x0, -2), (x1, -2), (x1, 10), (x0 + 6, 10))
            return [*self._line(arrow, loop), Part("tip", _tip(x0, 10, -1))]
        way = 1 if x1 > x0 else -1
        return [*self._line(arrow, line((x0, 0), (x1 - 7 * way, 0))), Part("tip", _tip(x1, 0, way))]

    def _line(self, arrow: Arrow, path: str) -> list[Part]:
        if self._on_path(arrow):
            return [Part("double", path), Part("core", path)]
        return [Part("dashed" if arrow.kind == "join" else "arrow", path)]

    def more(self, key: str, left: int) -> PictureNode:
        """Draw the mark that opens the arrows below."""
        label = f"{counted(left, 'more arrow')}: open"
        width = len(label) * 7.0 + 24
        parts = (
            Part("stack", outline("stack", width, 24)),
            Part("label", text=label, x=0, y=4, anchor="middle"),
        )
        return PictureNode(key, "group", f"{counted(left, 'more arrow')}, folded; opens on demand",
                           _LEFT_PX + width / 2, self.bottom + 4, width, 24, parts)  # fmt: skip

    def rows(self, nodes: Sequence[PictureNode]) -> list[PictureRow]:
        """Write the table: one row for each arrow."""
        made = []
        for node, arrow in zip(nodes, self._arrows, strict=False):
            position = self._facts.position.get(arrow.event)
            remarks = [f"stands for {number_text(arrow.times)}"] if arrow.times > 1 else []
            remarks += ["on the critical path"] if node.on_path else []
            cells = (
                visible(arrow.event_type, _NAME),
                visible(arrow.sender, _NAME),
                "" if arrow.receiver is None else visible(arrow.receiver, _NAME),
                str(position) if position is not None else "",
                self._facts.time.get(arrow.event, ""),
                "" if arrow.delay_us is None else duration_text(arrow.delay_us, "us", signed=True),
                "no reaction seen" if arrow.kind == "unhandled" else arrow.kind,
                "; ".join(remarks),
            )
            made.append(PictureRow(node.key, 0, cells))
        made += [PictureRow(node.key, 0, (node.name, *[""] * 7)) for node in nodes if node.kind == "group"]
        return made


def _columns(lanes: Sequence[str], arrows: Sequence[Arrow]) -> tuple[list[str], dict[str, int]]:
    """Name the columns, and find the column of each lane; lanes with the fewest arrows share the last one."""
    if len(lanes) <= MOST_LANES:
        return list(lanes), {lane: number for number, lane in enumerate(lanes)}
    count = Counter(lane for arrow in arrows for lane in (arrow.sender, arrow.receiver) if lane is not None)
    first = {lane: number for number, lane in enumerate(lanes)}
    frequent = set(sorted(lanes, key=lambda lane: (-count[lane], first[lane]))[: MOST_LANES - 1])
    kept = [lane for lane in lanes if lane in frequent]
    column = {lane: number for number, lane in enumerate(kept)}
    return [*kept, counted(len(lanes) - len(kept), "other lane")], {lane: column.get(lane, len(kept)) for lane in lanes}


def _tip(x: float, y: float, way: int) -> str:
    return f"M{x:.1f},{y:.1f}L{x - 9 * way:.1f},{y - 4:.1f}L{x - 9 * way:.1f},{y + 4:.1f}Z"


def _after_name(arrow: Arrow) -> str:
    delay = f" {duration_text(arrow.delay_us, 'us', signed=True)}" if arrow.delay_us is not None else ""
    many = f" × {number_text(arrow.times)}" if arrow.times > 1 else ""  # noqa: RUF001 - times
    unhandled = ", no reaction seen" if arrow.receiver is None else ""
    return f"{delay}{many}{unhandled}"


def _said(arrow: Arrow) -> str:
    to = "no reaction seen" if arrow.receiver is None else f"to {visible(arrow.receiver, _NAME)}"
    delay = [] if arrow.delay_us is None else [f"{duration_text(arrow.delay_us, 'us', signed=True)} later"]
    many = [f"stands for {number_text(arrow.times)}"] if arrow.times > 1 else []
    kind = ["one of several causes"] if arrow.kind == "join" else []
    return ", ".join(
        [visible(arrow.event_type, _NAME), f"from {visible(arrow.sender, _NAME)}", to, *delay, *kind, *many]
    )


def _path_arrows(handlers: Sequence[Handler], facts: EventFacts) -> set[tuple[str, str]]:
    """Find the events and lanes of the critical path: the lane that emitted the next event of the path."""
    return {
        (handler.event, handler.lane)
        for handler in handlers
        if handler.event is not None and handler.event in facts.on_path and not facts.on_path.isdisjoint(handler.emits)
    }


def _links(handlers: Sequence[Handler], nodes: Sequence[PictureNode]) -> list[tuple[str, str]]:
    """Relate each event to those that a lane emitted because of it."""
    keys: dict[str, list[str]] = {}
    for node in nodes:
        if node.facts:
            keys.setdefault(node.facts[0][1], []).append(node.key)
    return [
        (cause, effect)
        for handler in handlers
        if handler.event is not None
        for cause in keys.get(visible(handler.event, 200), ())
        for event in handler.emits
        for effect in keys.get(visible(event, 200), ())
    ]


def _places(
    nodes: Sequence[PictureNode], facts: EventFacts, *, left: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Find the first arrow of each event; one on a later page is in the mark that opens it."""
    place = np.full(facts.events, len(nodes) - 1 if left else -1, dtype=np.int64)
    for index in range(len(nodes) - 1, -1, -1):
        key = nodes[index].key.partition(".")[0]
        if key[0] == "e" and key[1:].isdigit():
            place[int(key[1:])] = index
    return place


def _legend(nodes: Sequence[PictureNode]) -> list[Entry]:
    looks = {part.look for node in nodes for part in node.parts}
    entries: list[Entry] = []
    if "dashed" in looks:
        entries.append(("edge", "", "5 4", "one of several causes"))
    if "before" in looks:
        entries.append(("node", "M-5,0a5,5 0 1 1 10,0a5,5 0 1 1 -10,0Z", "", "no reaction seen"))
    entries += badge_entries(kind for node in nodes for kind, _, _ in node.badges)
    if any(node.on_path for node in nodes):
        entries.append(PATH_ENTRY)
    return [*entries, ("", "", "", "colour: sender")]
