"""Defines the values of a causal graph that several packages share: kinds of roots, edges and copies, and its view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from workbench.text import counted, number_text, position_text

if TYPE_CHECKING:
    from collections.abc import Collection

RootKind: TypeAlias = Literal["origin", "self", "command", "unlinked", "orphan"]
"""Why an event has no used cause.

``origin``: the convention says root. ``self``: it names only itself. ``command``: an initiating command outside the
bus. ``unlinked``: the event declares nothing, not even that it is a root. ``orphan``: causes declared, none resolved.
"""

EdgeKind: TypeAlias = Literal["explicit", "span", "copy", "ambiguous", "hint", "virtual"]
"""``explicit`` and ``span`` are causes; ``copy``, ``ambiguous`` and ``hint`` are links that no algorithm follows."""

UnresolvedReason: TypeAlias = Literal["outside_selection", "truncated", "external", "missing"]
"""Why a declared cause has no event (`docs/tracing.md` 2.4).

``outside_selection``: the selection cuts it. ``truncated``: it may lie before the capture. ``external``: several events
name it. ``missing``: none of these.
"""

CopyKind: TypeAlias = Literal["replay", "dead_letter", "handled", "collision", "mirror", "repartitioned", "retry"]
"""Why several records have one event id, tried in this order (`docs/tracing.md` 2.1)."""

NodeKind: TypeAlias = Literal["event", "virtual", "outside", "group"]
"""``virtual``: a cause named by several events that is not in the snapshot. ``outside``: a neighbour beyond the
selection. ``group``: several events folded into one mark."""

GroupKind: TypeAlias = Literal["siblings", "subtree", "rest"]

LayoutName: TypeAlias = Literal["layered", "swimlanes", "waterfall", "sequence", "map", "diff", "state"]
"""Kinds of pictures. Those of a trace are `TRACE_LAYOUTS`; ``diff`` and ``state`` are answers that draw themselves."""

TRACE_LAYOUTS: tuple[LayoutName, ...] = ("layered", "swimlanes", "waterfall", "sequence", "map")

BadgeKind: TypeAlias = Literal["failed", "dead", "break"]
"""``failed``: a failure. ``dead``: a dead letter. ``break``: a cause is missing, or of another correlation."""

LaneField: TypeAlias = Literal["topic", "source"]

MapField: TypeAlias = Literal["event_type", "source", "topic"]
"""What the boxes of a map are."""


class EventPosition(NamedTuple):
    """Position of the canonical record of an event in a snapshot: captured topic, partition and offset."""

    source_id: int
    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """Return ``topic/partition@offset``, for example ``orders/3@1842``."""
        return position_text(self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node of the drawing. Its texts are bounded in length, contain no control characters, and are never markup."""

    key: str
    """Identity inside the view, stable between views of one graph."""
    kind: NodeKind
    label: str
    name: str
    """The accessible name: type, position, causes, effects and remarks."""
    x: float
    y: float
    """Centre, in CSS pixels at scale 1."""
    width: float
    height: float
    shape: str
    """A name of `workbench.tracing.drawing.theme.MARKS`: the kind of the node without colour."""
    colour: int = 0
    """Index of the palette, by source; -1 for what has no source."""
    lane: int | None = None
    event_id: str | None = None
    event_type: str | None = None
    source: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    time_us: int | None = None
    """Microseconds since 1970 UTC by the clock of the graph; None when unknown."""
    correlation_id: str | None = None
    root: RootKind | None = None
    depth: int = 0
    fragment: int | None = None
    causes: int = 0
    """Used causes in the whole selection, drawn or not."""
    effects: int = 0
    records: int = 1
    """Number of records of the node: the event's record and its copies; the sum in a group."""
    events: int = 1
    """Number of events of the node; 0 for virtual and outside nodes."""
    copies: tuple[str, ...] = ()
    """``kind topic/partition@offset`` of each copy, the first few."""
    unresolved: tuple[str, ...] = ()
    """``reason value`` of each cause that does not resolve, the first few."""
    problems: tuple[str, ...] = ()
    """``self_cause``, ``cause_disagreement``, ``copy_disagrees``, ``id_collision``, ``in a cycle``."""
    in_cycle: bool = False
    group: GroupKind | None = None
    """Kind of a group, None for other marks; opening the group shows its members."""
    position: EventPosition | None = None
    """Full identity for a selection; None for what is no event."""
    badges: tuple[BadgeKind, ...] = ()
    """Of a group: what at least one of its events is."""
    on_path: bool = False
    """On the critical path of a picture that has one."""

    @property
    def positions(self) -> tuple[EventPosition, ...]:
        """What selecting the node selects."""
        return () if self.position is None else (self.position,)


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """One line of the drawing, from cause to effect."""

    cause: str
    effect: str
    kind: EdgeKind
    route: tuple[tuple[float, float], ...]
    """Points of a polyline, both ends included."""
    layout_break: bool = False
    """Part of a cycle: left out of the layout, drawn against the flow of time."""
    hop_us: int | None = None
    edges: int = 1
    """Number of edges of the graph that are drawn as this line."""
    on_path: bool = False
    """On the critical path of a picture that has one."""


@dataclass(frozen=True, slots=True)
class GraphLane:
    """One horizontal band of the swimlane layout."""

    name: str
    y: float
    height: float
    events: int


@dataclass(frozen=True, slots=True)
class TimeTick:
    """One labelled position of the time axis."""

    x: float
    label: str
    gap: float = 0.0
    """Width of a folded gap around it; 0 for a plain mark."""


@dataclass(frozen=True, slots=True)
class GraphHeader:
    """The figures above the drawing; shown and folded events add up to the total."""

    events_shown: int
    """Events with a mark of their own."""
    events_folded: int
    """Events inside groups."""
    events_total: int
    records_total: int
    edges_total: int
    roots: tuple[tuple[str, int], ...]
    """Kind and number, unlinked and orphan included; kinds without events are left out."""
    fragments: int
    unresolved: tuple[tuple[str, int], ...]
    copies: tuple[tuple[str, int], ...]
    cycles: int
    clock: str
    fell_back: int
    """Events that had no event time and were placed by their record's timestamp."""
    without_time: int

    @property
    def text(self) -> str:
        """Say how much of the selection is drawn: ``500 of 4,812 events shown``."""
        return f"{number_text(self.events_shown)} of {counted(self.events_total, 'event')} shown"


@dataclass(frozen=True, slots=True)
class GraphRow:
    """One row of the table beside the drawing: the same facts for screen readers and for copying."""

    key: str
    depth: int
    event_type: str
    event_id: str
    source: str
    position: str
    time: str
    hop: str
    causes: str
    effects: str
    remarks: str


@dataclass(frozen=True, slots=True)
class GraphView:
    """A causal graph ready to draw: geometry, texts and figures. ``limit`` bounds its size for any size of graph."""

    layout: LayoutName
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    width: float
    height: float
    header: GraphHeader
    provenance: str
    rows: tuple[GraphRow, ...]
    lanes: tuple[GraphLane, ...] = ()
    ticks: tuple[TimeTick, ...] = ()
    lane_field: LaneField | None = None
    opened: frozenset[str] = field(default_factory=frozenset)
    """Keys of the groups that are open in this view."""
    limit: int = 500
    notes: tuple[str, ...] = ()
    """Sentences below the drawing: what was folded, left out or drawn together, and why."""
    place: Any = field(default=None, compare=False)
    """For each event of the graph the index of its node, as an array; -1 for none."""
    layouts: tuple[LayoutName, ...] = TRACE_LAYOUTS
    """Pictures of the same events that can be asked for instead."""

    @property
    def text(self) -> str:
        """Say how much of the selection is drawn."""
        return self.header.text


@dataclass(frozen=True, slots=True)
class Part:
    """A line, an area or a text of a picture. Looks: `workbench.tracing.drawing.painting.parts.LOOKS`."""

    look: str
    path: str = ""
    """SVG path; empty for a text."""
    text: str = ""
    x: float = 0.0
    y: float = 0.0
    anchor: str = "start"


SELECTED_LIMIT = 1_000
"""Records that selecting one node of a picture selects at most."""


@dataclass(frozen=True, slots=True)
class PictureNode:
    """Something of a picture that can be selected; its parts are placed from its centre."""

    key: str
    kind: str
    """``event`` has a record; ``group`` opens; anything else only selects."""
    name: str
    """The accessible name."""
    x: float
    y: float
    width: float
    height: float
    parts: tuple[Part, ...]
    colour: int = -1
    positions: tuple[EventPosition, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    badges: tuple[tuple[BadgeKind, float, float], ...] = ()
    """Kind and place from the centre."""
    on_path: bool = False


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A line between two nodes of a picture."""

    cause: str
    effect: str
    route: tuple[tuple[float, float], ...]
    label: str
    width: float = 1.5
    layout_break: bool = False


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One row of the table beside a picture; its first cell is indented by the depth."""

    key: str
    depth: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture other than the graph, ready to draw: places, texts, and the table of the same facts."""

    layout: LayoutName
    nodes: tuple[PictureNode, ...]
    width: float
    height: float
    text: str
    """How much is drawn: ``500 of 4,812 events shown``."""
    titles: tuple[str, ...]
    rows: tuple[PictureRow, ...]
    behind: tuple[Part, ...] = ()
    top: tuple[Part, ...] = ()
    """Parts that stay in sight at the top while the picture is dragged: an axis, names of lanes."""
    top_height: float = 0.0
    side_width: float = 0.0
    """Width at the left in which the nodes have their names: these stay in sight, too."""
    edges: tuple[PictureLine, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Cause and effect of what is related without a line."""
    legend: tuple[tuple[str, str, str, str], ...] = ()
    """Kind, outline, dashes and text of each entry."""
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: str = ""
    numeric: tuple[int, ...] = ()
    """Columns of the table that are aligned right."""
    opened: frozenset[str] = field(default_factory=frozenset)
    place: Any = field(default=None, compare=False)
    """For each event, or row of the answer, the index of its node, as an array; -1 for none."""
    layouts: tuple[LayoutName, ...] = TRACE_LAYOUTS


class GraphViewSource(Protocol):
    """Makes views of one graph on demand; a widget calls it when a group is opened or the layout is changed."""

    def view(
        self,
        *,
        layout: LayoutName | None = None,
        lanes: LaneField = "topic",
        boxes: MapField = "event_type",
        opened: Collection[str] = (),
        limit: int = 500,
    ) -> GraphView | Picture:
        """Lay out the graph with these groups open; ``layout=None`` chooses: layered for one chain, else lanes.

        ``lanes`` are those of swimlanes, ``boxes`` those of a map.
        """
        ...

    def find(self, text: str) -> Any:
        """Return the numbers of the events that hold a text, ascending, as an array; see ``place`` of a view."""
        ...
