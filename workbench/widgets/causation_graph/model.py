"""Python model of the causal graph: the kernel computes positions, the browser draws, highlights, zooms and pans."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast, get_args

import traitlets

from workbench.errors import ValidationError
from workbench.model.causation import LayoutName, MapField
from workbench.model.feeds import Identity
from workbench.text import visible
from workbench.tracing.drawing.painting.content import view_content
from workbench.widgets.base.bundle import RECORD_STYLE, bundle_modules, bundle_styles
from workbench.widgets.base.model import Widget
from workbench.widgets.causation_graph.snapshot import graph_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.model.causation import (
        EventPosition,
        GraphNode,
        GraphView,
        GraphViewSource,
        LaneField,
        Picture,
        PictureNode,
    )
    from workbench.model.feeds import RecordDetail
    from workbench.text import StaticView
    from workbench.widgets.base.messages import Message

KEY_LIMIT = 1_000
"""Nodes that one message may select."""
STILL_NODES = 150
"""Nodes of the picture that stays, which a saved notebook keeps for ever; a larger drawing is folded further for it."""
FIND_CHARACTERS = 400
"""Longest text that is looked for."""
OPENED_LIMIT = 500
"""Folded groups that may be open at the same time."""


class _Fields(TypedDict):
    """Options of a view that name a field of events."""

    lanes: LaneField
    boxes: MapField


class CausationGraph(Widget):
    """Draws events and their causes. Nodes can be selected; a table below shows the same events.

    Args:
        source: Makes views; see `workbench.model.causation.GraphViewSource`.
        limit: Largest number of nodes drawn, 10 to 5,000; the others are folded into groups and counted.
        name: Title.
        layout_name: ``layered`` for one chain, ``swimlanes`` for time against lanes, ``waterfall``, ``sequence`` or
            ``map``; None lets the source choose.
        lanes: Field that makes the lanes: ``topic`` or ``source``.
        boxes: Field that makes the boxes of a map: ``event_type``, ``source`` or ``topic``.
        record: Reads the record of an event, for the pane with key, value and headers; called in a thread. Without it
            there is no pane.
        supervisor: Owner of the tasks.
    """

    _esm = bundle_modules(Path(__file__).with_name("view.js"))
    _css = bundle_styles(RECORD_STYLE, Path(__file__).with_name("style.css"))

    layout_name = traitlets.Enum(get_args(LayoutName), default_value=None, allow_none=True).tag(sync=True)
    """A name of `workbench.model.causation.LayoutName`; None until the source has chosen."""
    lanes = traitlets.Enum(["topic", "source"], default_value="topic").tag(sync=True)
    """Field that makes the lanes of the swimlane layout."""
    boxes = traitlets.Enum(get_args(MapField), default_value="event_type").tag(sync=True)
    """Field that makes the boxes of a map."""
    height = traitlets.Int(460).tag(sync=True)
    """Height of the drawing in CSS pixels, 160 to 4,000."""
    selected = traitlets.Tuple()
    """Records of the selected nodes, as `workbench.model.feeds.Identity`; set it to select from Python."""

    kinds = (*Widget.kinds, "select", "open", "fold", "record", "find")

    def __init__(
        self,
        source: GraphViewSource,
        *,
        limit: int = 500,
        name: str = "Causal graph",
        record: Callable[[EventPosition], RecordDetail | None] | None = None,
        **options: Any,
    ) -> None:
        self.view: GraphView | Picture | None = None
        self._pictured: GraphView | Picture | None = None
        self.opened: frozenset[str] = frozenset()
        self.limit = max(10, min(limit, 5_000))
        self._requested = 0
        self._given_up = 0
        self._from_browser = False
        self._read_record = record
        super().__init__(name=visible(name, 200), on_removed=self._removed, **options)
        self.source = source

    def on_ready(self, message: Message) -> None:
        """Send the drawing to a new view; compute it first if that was not done yet."""
        super().on_ready(message)
        if self.view is not None:
            self._post_view(self.view)
        elif self._requested == self._given_up:
            self.refresh()

    def _removed(self) -> None:
        # A view that is shown later asks again.
        self._given_up = self._requested
        self.give_up()

    def refresh(self) -> None:
        """Compute the drawing again, in a thread, and send it. Of several requests only the newest one is sent."""
        self._requested += 1
        self.serve("view", self._build(self._requested))

    async def _build(self, number: int) -> None:
        try:
            view = await asyncio.to_thread(self._ask)
            pictured = await asyncio.to_thread(self._folded, view)
        except Exception:
            # The drawing on screen stays, so the opened groups must be those that it shows.
            self.opened = frozenset() if self.view is None else frozenset(self.view.opened)
            raise
        if number == self._requested:
            self._take(view)
            self._pictured = pictured
            self._post_view(view)

    def _ask(self) -> GraphView | Picture:
        layout = cast("LayoutName | None", self.layout_name)
        return self.source.view(layout=layout, **self._fields(), opened=self.opened, limit=self.limit)

    def _fields(self) -> _Fields:
        return {"lanes": cast("LaneField", self.lanes), "boxes": cast("MapField", self.boxes)}

    def _folded(self, view: GraphView | Picture) -> GraphView | Picture:
        """Return the view for the picture that stays: the same one, or one with fewer nodes."""
        for opened in (view.opened, frozenset[str]()):
            if len(view.nodes) <= STILL_NODES:
                break
            view = self.source.view(layout=view.layout, **self._fields(), opened=opened, limit=STILL_NODES)
        return view

    def _take(self, view: GraphView | Picture) -> None:
        self.view = view
        # A diagram and a map do not know the groups that are open in the graph, which may be shown again.
        others = self.opened if view.layout in ("sequence", "map") else frozenset[str]()
        self.opened = frozenset(view.opened) | others
        self.layout_name = view.layout

    def on_select(self, message: Message) -> None:
        """Set `selected` to the records of the nodes that were selected in the browser."""
        wanted = message.texts("keys", KEY_LIMIT)
        nodes = {node.key: node for node in (self.view.nodes if self.view is not None else ())}
        found = [nodes[key] for key in dict.fromkeys(wanted) if key in nodes]
        # The browser highlights at once; an answer that arrives later would undo what was clicked in between.
        self._from_browser = True
        try:
            self.selected = tuple(dict.fromkeys(_identities(found)))
        finally:
            self._from_browser = False

    def on_open(self, message: Message) -> None:
        """Open a folded group."""
        key = message.text("key")
        foldable = {node.key for node in (self.view.nodes if self.view is not None else ()) if node.kind == "group"}
        if key not in foldable:
            raise ValidationError("This node is folded no more; the drawing has changed.")
        if len(self.opened) >= OPENED_LIMIT:
            raise ValidationError(f"{OPENED_LIMIT} groups are open already; fold them first.")
        self.opened |= {key}
        self.refresh()

    def on_fold(self, _message: Message) -> None:
        """Fold all groups again."""
        self.opened = frozenset()
        self.refresh()

    def on_record(self, message: Message) -> None:
        """Send the record of a node; an empty answer where there is none to read."""
        key = message.text("key")
        nodes = self.view.nodes if self.view is not None else ()
        position = next((place for node in nodes if node.key == key for place in node.positions[:1]), None)
        self.serve("record", self._send_record(position, message.request), request=message.request)

    async def _send_record(self, position: EventPosition | None, request: str) -> None:
        known = position is not None and self._read_record is not None
        detail = await asyncio.to_thread(self._read_record, position) if known else None  # type: ignore[arg-type]  # known
        content: dict[str, Any] = {"kind": "record", "request": request}
        if detail is not None:
            content |= {"facts": detail.facts, "headers": detail.headers, "body": detail.body}
        self.post(content)

    def on_find(self, message: Message) -> None:
        """Tell which nodes hold a text, folded events included."""
        text = message.text("text")
        self.serve("find", self._send_found(text, self.view, message.request), request=message.request)

    async def _send_found(self, text: str, view: GraphView | Picture | None, request: str) -> None:
        found = await asyncio.to_thread(self.found, self.source, text[:FIND_CHARACTERS], view)
        self.post({"kind": "found", "request": request, **found})

    @staticmethod
    def found(source: GraphViewSource, text: str, view: GraphView | Picture | None) -> dict[str, Any]:
        """Count the events that hold a text, and those of them that are folded; name the nodes that they are in."""
        events = source.find(text)
        if view is None or view.place is None:
            return {"events": len(events), "folded": 0, "keys": []}
        counts = Counter(view.place[events].tolist())
        places = sorted(place for place in counts if place >= 0)
        folded = sum(counts[place] for place in places if view.nodes[place].kind == "group") + counts[-1]
        keys = [view.nodes[place].key for place in places[:KEY_LIMIT]]
        return {"events": len(events), "folded": folded, "keys": keys}

    def snapshot(self) -> StaticView:
        """Return the drawing as a static SVG picture, with its counts and a table; it outlives the kernel."""
        return graph_snapshot(self._pictured or self._folded(self._ask()), self.name)

    def _post_view(self, view: GraphView | Picture) -> None:
        content = {"kind": "view", "serial": self._requested, "picked": self._keys()}
        self.post(content, [json.dumps(view_content(view), separators=(",", ":")).encode()])
        self.still.update(now=True)

    def _keys(self) -> list[str]:
        picked = set(self.selected)
        nodes = self.view.nodes if self.view is not None else ()
        return [node.key for node in nodes if not picked.isdisjoint(_identities([node]))]

    @traitlets.observe("layout_name", "lanes", "boxes")
    def _layout_changed(self, change: dict[str, Any]) -> None:
        shown = self.view
        if shown is None or not hasattr(self, "source"):
            return
        if change["name"] == "layout_name" and change["new"] == shown.layout:
            return
        self.refresh()

    @traitlets.observe("selected")
    def _selected_changed(self, _change: object) -> None:
        if not self._from_browser and self.view is not None:
            self.post({"kind": "picked", "keys": self._keys()})

    @traitlets.validate("height")
    def _check_height(self, proposal: dict[str, Any]) -> int:
        return max(160, min(int(proposal["value"]), 4_000))


def _identities(nodes: Iterable[GraphNode | PictureNode]) -> list[Identity]:
    positions = [position for node in nodes for position in node.positions]
    return [Identity(position.topic, position.partition, position.offset) for position in positions]
