"""Snapshot of the causal graph: what the live view draws, as a static SVG picture and a table of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.text import (
    Element,
    StaticView,
    counted,
    element,
    fragment,
    svg,
    table,
    text_table,
    visible,
)
from workbench.tracing.drawing import theme
from workbench.widgets.causation_graph.content import view_content
from workbench.widgets.causation_graph.legend import drawn_legend, failure_badge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.causation import GraphView

ROWS = 60
"""Events in the table of the snapshot; more are counted."""
_NARROWEST_PX = 480
"""Least width of the picture, so that the legend has room."""
_TITLES = ("event", "source", "record", "time", "hop", "causes", "effects", "remarks")
_INK = "currentColor"
_FONT = "system-ui, sans-serif"


def graph_snapshot(view: GraphView, title: str) -> StaticView:
    """Draw legend, lanes, edges and nodes without scripts; below them the counts, and the events as a table."""
    content = view_content(view)
    heading = f"{title}: {content['text']}"
    lines = [heading, " · ".join(content["facts"]), *content["notes"], content["provenance"]]
    texts = [visible(line, 1_000) for line in lines if line]
    rows = [("\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" * depth + kind, *rest) for _, depth, kind, *rest in content["rows"]]
    left_out = len(rows) - ROWS
    more = [f"{counted(left_out, 'more row')}: in the live view, and in .frame"] if left_out > 0 else []
    body = fragment(
        _picture(content, heading),
        *(element("p", text) for text in texts),
        table(_TITLES, rows[:ROWS], numeric=(4, 5, 6), caption="Events"),
        *(element("p", text) for text in more),
        class_="workbench-snapshot",
    )
    plain = text_table(_TITLES, rows[:ROWS], numeric=(4, 5, 6))
    return StaticView(body, "\n".join([plain, *(f"… {text}" for text in more), *texts]))


def _picture(content: Mapping[str, Any], title: str) -> Element:
    width = max(content["width"], _NARROWEST_PX)
    explained, top = drawn_legend(content["legend"], width)
    drawn = element(
        "g",
        *(_lane(lane, content["width"]) for lane in content["lanes"]),
        *(_tick(tick, content["height"]) for tick in content["ticks"]),
        *(_edge(edge) for edge in content["edges"]),
        # Above all lines, which would pass through them.
        *(_hop(*hop) for *_, hop in content["edges"] if hop),
        *(_node(node) for node in content["nodes"]),
        transform=f"translate(0,{top:g})",
    )
    texts = element("g", explained, drawn, fill=_INK, font_size=12, font_family=_FONT)
    return svg(width, max(content["height"], 40) + top, texts, title=title)


def _lane(lane: tuple[str, str, float, float], width: float) -> Element:
    label, title, y, height = lane
    box = {"x": "0", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}", "fill": "none"}
    return element(
        "g",
        element("title", title),
        element("rect", **box, stroke=_INK, stroke_opacity="0.25"),
        element("text", label, x=6, y=f"{y + 15:g}", font_weight=600, fill_opacity="0.75"),
    )


def _tick(tick: tuple[float, str], height: float) -> Element:
    x, label = tick
    line = {"x1": f"{x:g}", "x2": f"{x:g}", "y1": "0", "y2": f"{height:g}"}
    return element(
        "g",
        element("line", **line, stroke=_INK, stroke_opacity="0.2", stroke_dasharray="2 4"),
        element("text", label, x=f"{x + 3:g}", y=f"{height - 4:g}", font_size=11, fill_opacity="0.75"),
    )


def _edge(edge: tuple[Any, ...]) -> Element:
    _, _, path, arrow, dash, width, broken, _ = edge
    colour = theme.ALARM if broken else theme.NEUTRAL
    line = {"fill": "none", "stroke": colour, "stroke_width": f"{width:g}", "stroke_dasharray": dash or None}
    return element("g", element("path", d=path, **line), element("path", d=arrow, fill=colour))


def _hop(time: str, x: float, y: float, anchor: str) -> Element:
    # Lines that pass behind the text are covered in the colour of the page.
    halo = {"paint_order": "stroke", "stroke": "Canvas", "stroke_width": "3"}
    place = {"x": f"{x:g}", "y": f"{y:g}", "text_anchor": anchor}
    return element("text", time, **place, **halo, font_size="10.5")


def _node(node: Mapping[str, Any]) -> Element:
    colour = theme.ALARM if node["cycle"] else node["colour"]
    # A node without a label is a mark of its colour, as in the live view.
    opacity = "1" if not node["texts"] else "0.25" if node["kind"] == "group" else "0.12"
    box = {"fill": node["colour"], "fill_opacity": opacity, "stroke": colour, "stroke_width": "1.5"}
    return element(
        "g",
        element("title", node["name"]),
        element("path", d=node["path"], **box, stroke_dasharray=node["dash"] or None),
        *(_label(*text) for text in node["texts"]),
        failure_badge(node["w"] / 2, -node["h"] / 2) if node["failed"] else None,
        transform=f"translate({node['x']:g},{node['y']:g})",
    )


def _label(text: str, x: float, y: float, kind: str) -> Element:
    small = kind == "wb-sub"
    size, opacity = ("10.5", "0.75") if small else (None, None)
    return element("text", text, x=f"{x:g}", y=f"{y:g}", font_size=size, fill_opacity=opacity)
