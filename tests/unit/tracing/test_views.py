"""Views of one trace: the critical path, signs, and finding by text."""

from __future__ import annotations

import pytest
import shop_traces
from order_flow import scenario
from traces import graph_of, keys

from workbench.model.causation import TRACE_LAYOUTS
from workbench.tracing.views import TraceViews


def test_the_critical_path_is_marked_as_the_answer_to_the_question_says() -> None:
    trace = scenario("k1")
    view = TraceViews(trace.data).view(layout="layered")
    on_path = {node.event_id for node in view.nodes if node.on_path}
    assert on_path == set(trace.critical_path().path)
    assert {(edge.cause, edge.effect) for edge in view.edges if edge.on_path} == {("e0", "e2"), ("e2", "e4")}
    several = TraceViews(shop_traces.built([{"event_id": f"a{n}", "t": n} for n in range(9)]).data)
    assert not [node for node in several.view(layout="swimlanes").nodes if node.on_path]


def test_failures_dead_letters_and_breaks_are_signs_of_their_own() -> None:
    view = TraceViews(shop_traces.shop().data).view(layout="layered")
    signs = {node.event_id: node.badges for node in view.nodes if node.badges}
    assert signs == {"p2": ("failed",), "x1": ("dead",), "m1": ("break",), "m2": ("break",)}
    names = {node.event_id: node.name for node in view.nodes}
    assert "failure" in names["p2"]
    assert "the chain breaks here" in names["m2"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("PAYMENT.failed", ["p2"]), ("o1", ["o1"]), ("invoices.dlq/0@0", ["x1"]), ("", []), ("nowhere", []), ("(", [])],
)
def test_a_text_is_found_in_what_names_an_event(text: str, found: list[str]) -> None:
    trace = shop_traces.shop()
    named = keys(trace)
    assert [named[number] for number in TraceViews(trace.data).find(text).tolist()] == found


def test_a_text_is_found_in_further_ids() -> None:
    rows = [{"event_id": "a", "t": 1}, {"event_id": "b", "t": 2, "link_ids": ["One", "other"]}]
    views = TraceViews(shop_traces.built(rows).data)
    assert [views.find(text).tolist() for text in ("one", "OTHER", "none")] == [[1], [1], []]


@pytest.mark.parametrize("layout", TRACE_LAYOUTS)
def test_every_event_has_a_place_in_every_view(layout: str) -> None:
    trace = shop_traces.large(1_500)
    view = TraceViews(trace.data).view(layout=layout, limit=100)
    assert len(view.place) == len(trace)
    assert view.place.max() < len(view.nodes)
    if layout != "sequence":
        assert view.place.min() >= 0


@pytest.mark.parametrize(
    ("boxes", "text", "names"),
    [
        ("event_type", "5 types, 5 edges", ["OP", "SR", "PA", "IS", "SC"]),
        ("source", "5 sources, 5 edges", ["shop", "stock", "pay", "bill", "ship"]),
        ("topic", "1 topic, 1 edge", ["t"]),
    ],
)
def test_the_boxes_of_a_map_are_types_sources_or_topics(boxes: str, text: str, names: list[str]) -> None:
    trace = scenario("k1")
    view = TraceViews(trace.data).view(layout="map", boxes=boxes)
    assert view.text == text
    assert [node.name.split(",")[0] for node in view.nodes] == names
    assert [row.cells[:3] for row in view.rows] == [
        (cause, effect, str(n)) for cause, effect, n in trace.type_map(boxes).frame.sort_values(
            "n", ascending=False, kind="stable")[["cause", "effect", "n"]].to_numpy()
    ]  # fmt: skip
    assert [names[place] for place in view.place] == trace.frame[boxes].to_list()
    assert f">{names[0]}<" in trace.svg("map", boxes=boxes)


def test_spans_are_drawn_from_start_to_end_with_the_sections_that_the_root_waited_for() -> None:
    wb = pytest.importorskip("workbench")
    import pandas as pd

    spans = pd.DataFrame(
        {"span": ["a", "b", "c"], "parent": [None, "a", "a"], "name": ["checkout", "pay", "ship"],
         "service": ["shop", "pay", "ship"], "start": [0, 10, 60], "end": [90, 60, 85]}
    )  # fmt: skip
    trace = wb.open_trace(spans)
    picture = TraceViews(trace.data).view(layout="waterfall")
    assert all(node.on_path for node in picture.nodes)
    root = next(node for node in picture.nodes if node.name.startswith("checkout"))
    strips = next(part.path for part in root.parts if part.look == "critical")
    assert strips.count("M") == len(trace.critical_path().sections.query("span == @trace.frame.key[0]"))
    assert graph_of().svg("waterfall").startswith("<svg")
