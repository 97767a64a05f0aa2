"""The causal graph: positions come from the kernel, the browser draws, highlights, zooms and pans."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import traitlets

from workbench.errors import ValidationError
from workbench.model.feeds import Identity
from workbench.text import visible
from workbench.tracing.drawing import theme
from workbench.widgets.base.widget import Widget, module_text, style_text
from workbench.widgets.causation_graph.still import graph_still

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.model.causation import GraphEdge, GraphNode, GraphView, GraphViewSource, LaneField, LayoutName
    from workbench.text import StaticView
    from workbench.widgets.base.messages import Message

KEY_LIMIT = 1_000
OPENED_LIMIT = 500


class CausationGraph(Widget):
    """Events and their causes as a drawing that can be clicked, with the same facts as a table beside it.

    Args:
        source: Makes views; see `workbench.model.causation.GraphViewSource`.
        layout: ``layered`` for one chain, ``swimlanes`` for time against lanes; None lets the source choose.
        lanes: What a lane is: ``topic`` or ``source``.
        limit: Nodes drawn at most; the rest is folded, and counted.
        supervisor: Owner of the tasks.
    """

    _esm = module_text(Path(__file__).with_name("view.js"))
    _css = style_text(Path(__file__).with_name("style.css"))

    layout_name = traitlets.Enum(["layered", "swimlanes"], default_value=None, allow_none=True).tag(sync=True)
    """``layered`` or ``swimlanes``; None until the source has chosen."""
    lanes = traitlets.Enum(["topic", "source"], default_value="topic").tag(sync=True)
    """What a lane of the swimlane drawing is."""
    height = traitlets.Int(460).tag(sync=True)
    """Height of the drawing in CSS pixels, 160 to 4,000."""
    selected = traitlets.Tuple()
    """Records of the selected nodes, as `workbench.model.feeds.Identity`; set it to select from Python."""

    kinds = ("ready", "ack", "select", "open", "fold")

    def __init__(
        self, source: GraphViewSource, *, limit: int = 500, name: str = "Causal graph", **options: Any
    ) -> None:
        self.view: GraphView | None = None
        self.opened: frozenset[str] = frozenset()
        self.limit = max(10, min(limit, 5_000))
        self._wanted = 0
        self._from_browser = False
        super().__init__(name=visible(name, 200), **options)
        self.source = source

    def on_ready(self, message: Message) -> None:
        """Send the drawing, or make it first."""
        super().on_ready(message)
        if self.view is not None:
            self._post_view(self.view)
        elif self._wanted == 0:
            self.refresh()

    def refresh(self) -> None:
        """Ask the source for the view again, in a thread; the newest wish wins."""
        self._wanted += 1
        self.serve("view", self._build(self._wanted))

    async def _build(self, wish: int) -> None:
        try:
            view = await asyncio.to_thread(self._ask)
        except Exception:
            self.opened = frozenset() if self.view is None else frozenset(self.view.opened)
            raise
        if wish == self._wanted:
            self._take(view)
            self._post_view(view)

    def _ask(self) -> GraphView:
        layout = cast("LayoutName | None", self.layout_name)
        lanes = cast("LaneField", self.lanes)
        return self.source.view(layout=layout, lanes=lanes, opened=self.opened, limit=self.limit)

    def _take(self, view: GraphView) -> None:
        self.view = view
        self.opened = frozenset(view.opened)
        self.layout_name = view.layout

    def on_select(self, message: Message) -> None:
        """Turn the keys of nodes into records."""
        wanted = message.texts("keys", KEY_LIMIT)
        nodes = {node.key: node for node in (self.view.nodes if self.view is not None else ())}
        found = [nodes[key] for key in dict.fromkeys(wanted) if key in nodes]
        self._from_browser = True
        try:
            self.selected = tuple(dict.fromkeys(_identities(found)))
        finally:
            self._from_browser = False

    def on_open(self, message: Message) -> None:
        """Open a folded node."""
        key = message.text("key")
        foldable = {node.key for node in (self.view.nodes if self.view is not None else ()) if node.kind == "group"}
        if key not in foldable:
            raise ValidationError("This node is folded no more; the drawing has changed.")
        if len(self.opened) >= OPENED_LIMIT:
            raise ValidationError(f"{OPENED_LIMIT} groups are open already; fold them first.")
        self.opened |= {key}
        self.refresh()

    def on_fold(self, _message: Message) -> None:
        """Fold everything again."""
        self.opened = frozenset()
        self.refresh()

    def snapshot(self) -> StaticView:
        """Keep the drawing as a static picture with its figures; it outlives the kernel."""
        return graph_still(self.view if self.view is not None else self._ask(), self.name)

    def _post_view(self, view: GraphView) -> None:
        content = {"kind": "view", "serial": self._wanted, "picked": self._keys()}
        self.post(content, [json.dumps(_packed(view), separators=(",", ":")).encode()])

    def _keys(self) -> list[str]:
        picked = set(self.selected)
        nodes = self.view.nodes if self.view is not None else ()
        return [node.key for node in nodes if not picked.isdisjoint(_identities([node]))]

    @traitlets.observe("layout_name", "lanes")
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


def _identities(nodes: Iterable[GraphNode]) -> list[Identity]:
    positions = [node.position for node in nodes if node.position is not None]
    return [Identity(position.topic, position.partition, position.offset) for position in positions]


def _packed(view: GraphView) -> dict[str, Any]:
    return {
        "layout": view.layout,
        "width": view.width,
        "height": view.height,
        "text": view.header.text,
        "facts": [visible(fact, 200) for fact in header_facts(view)],
        "notes": [visible(note, 500) for note in view.notes],
        "provenance": visible(view.provenance, 500),
        "opened": len(view.opened),
        "lanes": [[visible(lane.name, 60), lane.y, lane.height, lane.events] for lane in view.lanes],
        "ticks": [[tick.x, visible(tick.label, 40)] for tick in view.ticks],
        "nodes": [_packed_node(node) for node in view.nodes],
        "edges": [_packed_edge(edge) for edge in view.edges],
        "rows": [
            [
                row.key,
                row.depth,
                *(visible(text, 200) for text in (row.event_type, row.source, row.position, row.time)),
                *(visible(text, 200) for text in (row.hop, row.causes, row.effects, row.remarks)),
            ]
            for row in view.rows
        ],
    }


def _packed_edge(edge: GraphEdge) -> list[Any]:
    stroke = theme.LAYOUT_BREAK if edge.layout_break else theme.STROKES[edge.kind]
    width = min(stroke.width + math.log2(max(edge.edges, 1)), 5.0)
    return [edge.cause, edge.effect, edge.route, stroke.dash, round(width, 2), edge.layout_break]


def _packed_node(node: GraphNode) -> dict[str, Any]:
    mark = theme.MARKS.get(node.shape, theme.MARKS["inner"])
    return {
        "key": node.key,
        "kind": node.kind,
        "label": visible(node.label, 120),
        "sub": visible(_where(node), 120),
        "name": visible(node.name, 400),
        "x": node.x,
        "y": node.y,
        "w": node.width,
        "h": node.height,
        "shape": mark.shape,
        "dash": mark.dash,
        "colour": theme.colour(node.colour),
        "cycle": node.in_cycle,
        "facts": [
            *([["id", visible(node.event_id, 200)]] if node.event_id is not None else []),
            *(["copy", visible(text, 200)] for text in node.copies),
            *(["unresolved cause", visible(text, 200)] for text in node.unresolved),
        ],
    }


def _where(node: GraphNode) -> str:
    if node.topic is None or node.partition is None or node.offset is None:
        return ""
    return f"{node.topic}/{node.partition}@{node.offset}"


def header_facts(view: GraphView) -> list[str]:
    """The figures of a view in words, those that are not nothing."""
    header = view.header
    folded = [f"{header.events_folded:,} folded"] if header.events_folded else []
    counted = [
        f"{number:,} {what}"
        for what, number in (
            *((f"root{'s' * (n != 1)} ({kind})", n) for kind, n in header.roots),
            *((f"unresolved ({reason})", n) for reason, n in header.unresolved),
            *((f"copies ({kind})", n) for kind, n in header.copies),
            ("cycles" if header.cycles != 1 else "cycle", header.cycles),
            ("placed by record time", header.fell_back),
            ("without time", header.without_time),
        )
        if number
    ]
    return [
        *folded,
        f"{header.fragments:,} fragment{'s' * (header.fragments != 1)}",
        *counted,
        f"clock: {header.clock}",
    ]
