"""Waterfall: bars from the cause that was waited for, idle time folded, counts that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shop_traces
from order_flow import scenario
from traces import graph_of

from workbench.tracing.views import TraceViews

if TYPE_CHECKING:
    from workbench.model.causation import Picture, PictureNode
    from workbench.tracing.trace import Trace


def drawn(trace: Trace, **wish: Any) -> Picture:
    picture: Any = TraceViews(trace.data).view(layout="waterfall", **wish)
    return picture


def span_of(node: PictureNode, look: str) -> tuple[float, float]:
    """Left and right of the part with this look."""
    path = next(part.path for part in node.parts if part.look == look)
    return node.x + float(path[1:].split(",")[0]), node.x + float(path.split("H")[1].split("V")[0])


def test_a_bar_leads_from_the_binding_cause_to_the_event_and_says_how_long_it_took() -> None:
    nodes = {node.key: node for node in drawn(scenario("k1")).nodes}
    stock, paid, shipped = (nodes[key] for key in ("e1", "e2", "e4"))
    assert span_of(stock, "bar")[0] == pytest.approx(span_of(paid, "bar")[0], abs=0.2)
    assert span_of(shipped, "bar")[0] == pytest.approx(span_of(paid, "bar")[1], abs=0.2)
    assert "+180 µs after its cause" in shipped.name
    assert "+180 µs" in [part.text for part in shipped.parts if part.look == "sub"]
    assert not [part for part in nodes["e0"].parts if part.look == "bar"]
    path = [key for key, node in nodes.items() if node.on_path]
    assert sorted(path) == ["e0", "e2", "e4"]


def test_rows_stand_below_each_other_in_the_order_of_the_table() -> None:
    picture = drawn(shop_traces.shop())
    assert [node.key for node in picture.nodes] == [row.key for row in picture.rows]
    heights = [node.y for node in picture.nodes]
    assert heights == sorted(heights)
    assert len(set(heights)) == len(heights)
    assert any(part.look == "idle" for part in picture.behind)
    assert any(part.text == "idle 7 h 59 min" for part in picture.top)
    looks = {text for *_, text in picture.legend}
    assert {"failure", "dead letter", "critical path: what the end waited for"} < looks


def test_waiting_and_processing_are_told_apart_where_the_handling_time_is_known() -> None:
    trace = graph_of(
        {"event_id": "a", "t": 0, "cause_state": "root", "started": 60},
        {"event_id": "b", "t": 100, "causes": ["a"]},
    )
    picture = drawn(trace)
    bar = picture.nodes[1]
    assert span_of(bar, "wait")[1] == pytest.approx(span_of(bar, "bar")[0])
    assert {"waiting in the topic", "processing"} < {text for *_, text in picture.legend}


def test_groups_count_what_they_hold_and_the_sum_is_the_whole() -> None:
    trace = shop_traces.large(3_000)
    picture = drawn(trace, limit=100)
    assert len(picture.nodes) <= 110
    assert picture.text.endswith("of 3,000 events shown")
    groups = [node for node in picture.nodes if node.kind == "group"]
    assert groups
    assert any(node.badges and "failure" in node.name for node in groups)
    assert picture.place is not None
    assert len(picture.place) == 3_000
    assert set(picture.place.tolist()) <= set(range(len(picture.nodes)))


def test_an_effect_before_its_cause_has_a_bar_backwards() -> None:
    trace = graph_of({"event_id": "a", "t": 1_000, "cause_state": "root"}, {"event_id": "b", "t": 400, "causes": ["a"]})
    node = next(node for node in drawn(trace).nodes if "-600 µs" in node.name)
    assert any(part.look == "back" for part in node.parts)


def test_time_in_which_folded_events_happen_is_not_idle() -> None:
    trace = shop_traces.fan_out(1_001)
    for layout in ("waterfall", "swimlanes"):
        view: Any = TraceViews(trace.data).view(layout=layout)
        texts = [part.text for part in view.top] if layout == "waterfall" else [tick.label for tick in view.ticks]
        assert not [text for text in texts if "idle" in text]
