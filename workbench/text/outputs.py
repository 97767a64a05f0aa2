"""Writes the HTML of a notebook output: nothing in it is typeset, and pictures stay in untrusted notebooks."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.text.html import Element, element

if TYPE_CHECKING:
    from workbench.text.html import Node

NOT_TYPESET = "mathjax_ignore tex2jax_ignore"
"""Classes that keep MathJax 3 and MathJax 2 away: a key such as ``$x$`` would be shown as a formula."""

_NO_MODEL = (
    "<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .workbench-still):not(:has(.workbench)) { display: none }"
    "</style>"
)
"""Hides the line "Error displaying widget: model not found", which precedes a still when the kernel is gone."""


def output_html(*nodes: Node) -> str:
    """Write the HTML of an output of a cell.

    Inline SVG becomes an image: JupyterLab removes SVG from the outputs of a notebook that it does not trust, and
    keeps images.
    """
    return element("div", *map(_with_images, nodes), class_=f"workbench-output {NOT_TYPESET}").render()


def still_html(body: Element, view: str) -> str:
    """Write the still of a live view, which stands below the view and is seen when the view is gone.

    Args:
        body: What the view showed.
        view: Id of the widget model. While the view is in the page, it hides elements of the class ``wb-still-ID``.
    """
    return (
        _NO_MODEL + element("div", _with_images(body), class_=f"workbench-still wb-still-{view} {NOT_TYPESET}").render()
    )


@dataclass(frozen=True, slots=True)
class StaticView:
    """A picture of a view at one moment: static HTML for a notebook, plain text elsewhere; it outlives the kernel."""

    body: Element
    text: str
    """The same facts in words, for terminals and screen readers."""

    def html(self) -> str:
        """Write the picture as HTML."""
        return output_html(self.body)

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return self.text


def _with_images(node: Node) -> Node:
    if not isinstance(node, Element):
        return node
    if node.tag == "svg":
        return _image(node)
    return replace(node, children=tuple(map(_with_images, node.children)))


def _image(picture: Element) -> Element:
    """Wrap an SVG element in an image that holds it as data."""
    given = dict(picture.attributes)
    title = next((str(c.children[0]) for c in picture.children if isinstance(c, Element) and c.tag == "title"), "")
    # An image does not know the colours of the page: it brings its own paper and ink.
    paper = element("rect", width="100%", height="100%", fill="#ffffff")
    children = (paper, *map(_without_titles, picture.children))
    drawn = replace(picture, attributes=(*picture.attributes, ("color", "#24292f")), children=children)
    source = "data:image/svg+xml;base64," + b64encode(drawn.render().encode()).decode("ascii")
    size = [(name, given[name]) for name in ("width", "height") if name in given]
    image = Element("img", (("src", source), ("alt", title), *size, ("style", "max-width: none")), ())
    # A wide picture scrolls in its own area: made smaller, its text could not be read.
    return Element("div", (("style", "overflow: auto; max-height: 600px"),), (image,))


def _without_titles(node: Node) -> Node:
    """Leave out the titles of parts, which an image cannot show."""
    if not isinstance(node, Element):
        return node
    kept = (child for child in node.children if not (isinstance(child, Element) and child.tag == "title"))
    return replace(node, children=tuple(map(_without_titles, kept)))
