"""What is drawn of a picture other than the graph, in the form of `content.view_content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.text import visible
from workbench.tracing.drawing import theme
from workbench.tracing.drawing.painting.parts import part_content
from workbench.tracing.drawing.painting.shapes import BADGES, apart, arrow_head, edge_path, hop_place

if TYPE_CHECKING:
    from workbench.model.causation import Picture, PictureLine, PictureNode


NOTHING = "there are no events to draw"


def picture_content(picture: Picture) -> dict[str, Any]:
    """Return everything that is drawn, as JSON. Texts are escaped and cut here, or where the parts are made."""
    return {
        "layout": picture.layout,
        "layouts": list(picture.layouts),
        "width": picture.width,
        "height": picture.height,
        "start": 0.0,
        "text": picture.text,
        "facts": [visible(fact, 200) for fact in picture.facts],
        "notes": [visible(note, 500) for note in picture.notes] or ([] if picture.nodes else [NOTHING]),
        "provenance": visible(picture.provenance, 500),
        "opened": len(picture.opened),
        "legend": list(picture.legend),
        "lanes": [],
        "ticks": [],
        "behind": part_content(picture.behind),
        "top": part_content(picture.top),
        "topHeight": picture.top_height,
        "sideWidth": picture.side_width,
        "nodes": [_node(node) for node in picture.nodes],
        "edges": _lines(picture),
        "links": [[*pair] for pair in picture.links],
        "titles": list(picture.titles),
        "numeric": list(picture.numeric),
        "rows": [[row.key, row.depth, *(visible(cell, 200) for cell in row.cells)] for row in picture.rows],
    }


def _node(node: PictureNode) -> dict[str, Any]:
    return {
        "key": node.key,
        "kind": node.kind,
        "name": visible(node.name, 400),
        "x": round(node.x, 1),
        "y": round(node.y, 1),
        "w": round(node.width, 1),
        "h": node.height,
        "parts": part_content(node.parts),
        "texts": [],
        "colour": theme.colour(node.colour),
        "cycle": False,
        "critical": node.on_path,
        "badges": [[kind, x, y, *BADGES[kind]] for kind, x, y in node.badges],
        "facts": [[name, visible(value, 400)] for name, value in node.facts],
    }


def _lines(picture: Picture) -> list[list[Any]]:
    places = [hop_place(line.route, shared_start=True, shared_end=True) for line in picture.edges]
    texts = [visible(line.label, 60) for line in picture.edges]
    boxes = [(node.x, node.y, node.width, node.height) for node in picture.nodes]
    named = [(x, y, text) for (x, y, _), text in zip(places, texts, strict=True) if text]
    heights = iter(apart(named, boxes))
    return [
        _line(line, [text, x, next(heights), anchor] if text else None)
        for line, text, (x, _, anchor) in zip(picture.edges, texts, places, strict=True)
    ]


def _line(line: PictureLine, label: list[Any] | None) -> list[Any]:
    dash = theme.LAYOUT_BREAK.dash if line.layout_break else ""
    drawn = (edge_path(line.route), arrow_head(line.route), dash, round(line.width, 2), False, False, label)
    return [line.cause, line.effect, *drawn]
