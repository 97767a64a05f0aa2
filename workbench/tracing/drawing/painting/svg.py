"""Draws a view as SVG without scripts: for `.svg()`, for saved notebooks, for print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.text import Element, element, svg, visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.content import view_content
from workbench.tracing.drawing.painting.legend import double_line, drawn_badge, drawn_legend
from workbench.tracing.drawing.painting.parts import drawn_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.causation import GraphView, Picture
    from workbench.text.html import Node

_NARROWEST_PX = 480
"""Least width of a picture, so that the legend has room."""
_INK = "currentColor"
_PAPER, _PRINTED = "#ffffff", "#24292f"
_FONT = "system-ui, sans-serif"


def svg_text(view: GraphView | Picture, title: str) -> str:
    """Write a view as the text of an SVG file; it stands on its own and loads nothing."""
    drawn = drawn_svg(view_content(view), visible(title, 300))
    paper = element("rect", width="100%", height="100%", fill=_PAPER)
    # Programs that print know neither the colours of a page nor the names of a browser's own colours.
    title_element, *parts = drawn.children
    inked = element("g", *map(_on_paper, parts), color=_PRINTED)
    return replace(drawn, children=(title_element, paper, inked)).render()


def _on_paper(node: Node) -> Node:
    if not isinstance(node, Element):
        return node
    attributes = tuple((name, _PAPER if value == "Canvas" else value) for name, value in node.attributes)
    return replace(node, attributes=attributes, children=tuple(map(_on_paper, node.children)))


def drawn_svg(content: Mapping[str, Any], title: str) -> Element:
    """Draw legend, lanes, edges, parts and nodes of `workbench.tracing.drawing.painting.content.view_content`."""
    width = max(content["width"], _NARROWEST_PX)
    explained, top = drawn_legend(content["legend"], width)
    drawn = element(
        "g",
        *(drawn_part(part, theme.NEUTRAL) for part in (*content.get("behind", ()), *content.get("top", ()))),
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


def _tick(tick: tuple[float, float], height: float) -> Element:
    x, gap = tick
    line = {"x1": f"{x:g}", "x2": f"{x:g}", "y1": "0", "y2": f"{height:g}"}
    band = {"x": f"{x - gap / 2:g}", "y": "0", "width": f"{gap:g}", "height": f"{height:g}"}
    if gap:
        return element("rect", **band, fill=_INK, fill_opacity="0.07")
    return element("line", **line, stroke=_INK, stroke_opacity="0.2")


def _edge(edge: tuple[Any, ...]) -> Element:
    _, _, path, arrow, dash, width, broken, critical, _ = edge
    colour = theme.ALARM if broken else theme.NEUTRAL
    if critical:
        return element("g", *double_line(path, _INK, width), element("path", d=arrow, fill=_INK))
    line = {"fill": "none", "stroke": colour, "stroke_width": f"{width:g}", "stroke_dasharray": dash or None}
    return element("g", element("path", d=path, **line), element("path", d=arrow, fill=colour))


def _hop(time: str, x: float, y: float, anchor: str) -> Element:
    # Lines that pass behind the text are covered in the colour of the page.
    halo = {"paint_order": "stroke", "stroke": "Canvas", "stroke_width": "3"}
    place = {"x": f"{x:g}", "y": f"{y:g}", "text_anchor": anchor}
    return element("text", time, **place, **halo, font_size="10.5")


def _node(node: Mapping[str, Any]) -> Element:
    if "parts" in node:
        return element(
            "g",
            element("title", node["name"]),
            *(drawn_part(part, node["colour"]) for part in node["parts"]),
            *(drawn_badge(kind, x, y) for kind, x, y, *_ in node["badges"]),
            transform=f"translate({node['x']:g},{node['y']:g})",
        )
    colour = theme.ALARM if node["cycle"] else node["colour"]
    # A node without a label is a mark of its colour, as in the live view.
    opacity = "1" if not node["texts"] else "0.25" if node["kind"] == "group" else "0.12"
    box = {"fill": node["colour"], "fill_opacity": opacity, "stroke": colour, "stroke_width": "1.5"}
    return element(
        "g",
        element("title", node["name"]),
        element("path", d=node["path"], **box, stroke_dasharray=node["dash"] or None),
        element("path", d=node["inner"], fill="none", stroke=_INK, stroke_width="1.5") if node["inner"] else None,
        *(_label(*text) for text in node["texts"]),
        *(drawn_badge(kind, x, y) for kind, x, y, *_ in node["badges"]),
        transform=f"translate({node['x']:g},{node['y']:g})",
    )


def _label(text: str, x: float, y: float, kind: str) -> Element:
    small = kind == "wb-sub"
    size, opacity = ("10.5", "0.75") if small else (None, None)
    return element("text", text, x=f"{x:g}", y=f"{y:g}", font_size=size, fill_opacity=opacity)
