"""Writes text for people: the only writers of HTML, plain tables, times, durations, counts, positions and sizes.

Every writer is total: any integer of 64 bits, any bytes and any text give a readable string.
"""

from workbench.text.html import (
    Element,
    Node,
    StaticView,
    document,
    element,
    facts,
    fragment,
    listing,
    svg,
    table,
)
from workbench.text.tables import text_table
from workbench.text.visible import CELL_LIMIT, visible, visible_bytes

__all__ = [
    "CELL_LIMIT",
    "Element",
    "Node",
    "StaticView",
    "document",
    "element",
    "facts",
    "fragment",
    "listing",
    "svg",
    "table",
    "text_table",
    "visible",
    "visible_bytes",
]
