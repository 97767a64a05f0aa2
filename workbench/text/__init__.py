"""Writes text for people: the only writers of HTML, plain tables, times, durations, counts, positions and sizes.

Every writer is total: any integer of 64 bits, any bytes and any text give a readable string.
"""

from workbench.text.charts import chart_text
from workbench.text.counts import UNKNOWN, and_more, counted, counts_text, number_text, plural
from workbench.text.durations import duration_text
from workbench.text.html import (
    Element,
    Node,
    document,
    element,
    facts,
    fragment,
    listing,
    preformatted,
    svg,
    table,
)
from workbench.text.outputs import StaticView, output_html, still_html
from workbench.text.positions import (
    PositionParts,
    is_position,
    parse_position,
    partition_text,
    position_text,
    readable_position,
    stored_position,
)
from workbench.text.sizes import size_text
from workbench.text.tables import text_table
from workbench.text.times import NO_TIME_TEXT, TimeUnit, clock_text, iso_text, time_text
from workbench.text.visible import CELL_LIMIT, json_visible, visible, visible_bytes, visible_name

__all__ = [
    "CELL_LIMIT",
    "NO_TIME_TEXT",
    "UNKNOWN",
    "Element",
    "Node",
    "PositionParts",
    "StaticView",
    "TimeUnit",
    "and_more",
    "chart_text",
    "clock_text",
    "counted",
    "counts_text",
    "document",
    "duration_text",
    "element",
    "facts",
    "fragment",
    "is_position",
    "iso_text",
    "json_visible",
    "listing",
    "number_text",
    "output_html",
    "parse_position",
    "partition_text",
    "plural",
    "position_text",
    "preformatted",
    "readable_position",
    "size_text",
    "still_html",
    "stored_position",
    "svg",
    "table",
    "text_table",
    "time_text",
    "visible",
    "visible_bytes",
    "visible_name",
]
