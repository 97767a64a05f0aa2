"""Writes HTML and SVG: text is escaped when an element is rendered, and markup is never joined from strings.

Text that comes from an event passes `visible` first, so that control characters are seen instead of obeyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_UNSAFE_TAGS = frozenset(
    {"img", "script", "iframe", "object", "embed", "base", "link", "meta", "style", "foreignobject"}
)
_LEFT = "text-align: left"
_RIGHT = "text-align: right"
"""JupyterLab aligns all cells of HTML tables right, and only a style of the cell itself overrides it."""
_LINE_CHARACTERS = 120
"""Longest text of a cell that is never broken into lines; a table wider than its page scrolls."""
_UNSAFE_ATTRIBUTES = frozenset({"src", "href", "srcset", "action", "formaction", "srcdoc", "style", "xlink-href"})
_VOID = frozenset({"br", "hr", "wbr", "col", "img"})


@dataclass(frozen=True, slots=True)
class Element:
    """One HTML or SVG element, escaped when it is rendered; made by `element`."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]

    def render(self) -> str:
        """Write the element and everything below it as HTML."""
        pieces: list[str] = []
        _write(self, pieces)
        return "".join(pieces)


Node: TypeAlias = "Element | str | int | float | None"
"""A child of an element. None is left out; everything except an element is escaped as text."""


def element(tag: str, *children: Node, **attributes: str | float | bool | None) -> Element:
    """Make an element.

    Underscores in attribute names become hyphens and a trailing one is dropped (``class_``, ``stroke_width``). None
    and False leave an attribute out, True writes it without a value. Tags and attributes that can run or load
    something are refused: there is no way to write them.

    Raises:
        ValueError: The tag or an attribute is not one that a static page may hold.
    """
    if not _NAME.match(tag) or tag.lower() in _UNSAFE_TAGS:
        raise ValueError(f"The element {tag!r} may run or load something, so it is never written.")
    if tag in _VOID and children:
        raise ValueError(f"The element {tag!r} holds nothing.")
    written = []
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if not _NAME.match(name) or name.lower().startswith("on") or name.lower() in _UNSAFE_ATTRIBUTES:
            raise ValueError(f"The attribute {name!r} may run or load something, so it is never written.")
        if value is not None and value is not False:
            written.append((name, "" if value is True else str(value)))
    return Element(tag, tuple(written), tuple(children))


def _write(node: Node, pieces: list[str]) -> None:
    if node is None:
        return
    if not isinstance(node, Element):
        pieces.append(escape(_encodable(str(node)), quote=False))
        return
    pieces.append(f"<{node.tag}")
    pieces.extend(f' {name}="{escape(_encodable(value), quote=True)}"' for name, value in node.attributes)
    pieces.append(">")
    for child in node.children:
        _write(child, pieces)
    if node.tag not in _VOID:
        pieces.append(f"</{node.tag}>")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def fragment(*children: Node, class_: str | None = None) -> Element:
    """Group nodes in a ``div``."""
    return element("div", *children, class_=class_)


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[Node]],
    *,
    caption: str | None = None,
    numeric: Sequence[int] = (),
    class_: str | None = None,
) -> Element:
    """Make a table with a header row.

    Args:
        header: Column titles.
        rows: Cells, one sequence for each row.
        caption: What the table shows; read first by a screen reader.
        numeric: Indexes of columns that are aligned right.
        class_: CSS class of the table.
    """
    right = frozenset(numeric)
    body = [
        element("tr", *(_cell("td", cell, _RIGHT if i in right else _LEFT) for i, cell in enumerate(row)))
        for row in rows
    ]
    return element(
        "table",
        Element("caption", (("style", _LEFT),), (caption,)) if caption is not None else None,
        element(
            "thead",
            element(
                "tr", *(_cell("th", t, _RIGHT if i in right else _LEFT, scope="col") for i, t in enumerate(header))
            ),
        ),
        element("tbody", *body),
        class_=class_,
    )


def facts(pairs: Iterable[tuple[str, Node]], *, class_: str | None = None) -> Element:
    """Make a table of names and values, one fact in each row."""
    rows = [element("tr", _cell("th", name, _LEFT, scope="row"), _cell("td", value, _LEFT)) for name, value in pairs]
    return element("table", element("tbody", *rows), class_=class_)


def preformatted(text: str) -> Element:
    """Make text whose lines are never broken; a wide one scrolls in its own area."""
    return Element("pre", (("style", "white-space: pre; overflow-x: auto"),), (text,))


def listing(items: Iterable[Node], *, class_: str | None = None) -> Element:
    """Make a bulleted list."""
    return element("ul", *(element("li", item) for item in items), class_=class_)


def _cell(tag: str, value: Node, align: str, *, scope: str | None = None) -> Element:
    short = not isinstance(value, Element) and len(str(value)) <= _LINE_CHARACTERS
    style = ("style", f"{align}; white-space: nowrap" if short else align)
    return Element(tag, (*((("scope", scope),) if scope else ()), style), (value,))


def svg(width: float, height: float, *children: Node, title: str) -> Element:
    """Make an inline picture that scales with its container; ``title`` is its accessible name."""
    return element(
        "svg",
        element("title", title),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="img",
    )


def document(title: str, *body: Node, stylesheet: str = "", language: str = "en") -> str:
    """Write a whole page that loads nothing and runs nothing.

    Args:
        title: The page's title.
        body: What it shows.
        stylesheet: CSS of ours, a constant; it cannot end its own element.
        language: Language of the text.

    Raises:
        ValueError: The stylesheet holds ``<`` or loads something.
    """
    if "<" in stylesheet or "@import" in stylesheet or "url(" in stylesheet:
        raise ValueError("A stylesheet of ours holds no markup and loads nothing.")
    return (
        f'<!doctype html><html lang="{escape(language, quote=True)}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_encodable(title), quote=False)}</title><style>{stylesheet}</style></head>"
        f"{element('body', *body).render()}</html>"
    )
