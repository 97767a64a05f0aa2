"""Sequence diagram as a picture: columns, rows, pages, lanes beyond the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shop_traces
from order_flow import scenario

from workbench.tracing.drawing.pictures.sequence import MOST_LANES, PAGE
from workbench.tracing.views import TraceViews

if TYPE_CHECKING:
    from workbench.model.causation import Picture
    from workbench.tracing.trace import Trace


def drawn(trace: Trace, **wish: Any) -> Picture:
    picture: Any = TraceViews(trace.data).view(layout="sequence", **wish)
    return picture


def test_each_arrow_is_a_row_with_its_delay_and_the_kinds_differ_without_colour() -> None:
    picture = drawn(scenario("k1"))
    assert [row.cells[:3] for row in picture.rows][:3] == [
        ("OP", "shop", "stock"),
        ("OP", "shop", "pay"),
        ("PA", "pay", "bill"),
    ]
    assert [node.key for node in picture.nodes][:2] == ["e0", "e0.1"]
    assert [node.y for node in picture.nodes] == sorted(node.y for node in picture.nodes)
    join = next(node for node in picture.nodes if "one of several causes" in node.name)
    assert {part.look for part in join.parts} == {"dashed", "tip", "label"}
    assert [node.key for node in picture.nodes if node.on_path] == ["e0.1", "e2.1"]
    assert ("e0", "e1") in picture.links


def test_a_long_diagram_is_drawn_page_by_page_and_nothing_is_lost() -> None:
    trace = shop_traces.many_lanes(1_000)
    first = drawn(trace)
    more = first.nodes[-1]
    assert (more.kind, more.key) == ("group", f"arrows:{PAGE}")
    assert f"{1_000 - PAGE} more arrows" in more.name
    assert len(first.nodes) == PAGE + 1
    opened = drawn(trace, opened=[more.key])
    assert len(opened.nodes) == 2 * PAGE + 1
    assert opened.opened == {more.key}
    assert first.place is not None
    assert first.place[999] == PAGE


def test_lanes_beyond_the_limit_share_one_and_it_is_said() -> None:
    picture = drawn(shop_traces.many_lanes(100))
    heads = [part.text for part in picture.top if part.look == "strong"]
    assert len(heads) == MOST_LANES
    assert heads[-1] == f"{100 - MOST_LANES + 1} other lanes"
    assert "drawn as one" in picture.notes[0]


def test_a_diagram_without_its_trace_draws_itself() -> None:
    diagram = scenario("k1").sequence()
    svg = diagram.svg()
    assert svg.count("<text") > len(diagram.arrows)
    assert diagram.csv().startswith("event,event_type,sender,receiver,kind,delay_us,times\n")
