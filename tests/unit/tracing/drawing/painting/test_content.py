from __future__ import annotations

from dataclasses import replace

from widget_graphs import ScriptedGraph

from workbench.model.causation import TimeTick
from workbench.text import duration_text
from workbench.tracing.drawing.painting.content import view_content


def test_the_drawing_says_what_its_marks_mean_and_how_long_each_hop_took() -> None:
    plain = ScriptedGraph().view()
    view = replace(plain, edges=tuple(replace(edge, hop_us=1_000 * n) for n, edge in enumerate(plain.edges)))
    content = view_content(view)
    labels = [text for _, _, _, text in content["legend"]]
    assert "root" in labels
    assert "caused" not in labels
    assert [edge[-1][0] for edge in content["edges"]] == [
        duration_text(edge.hop_us, "us", signed=True) for edge in view.edges
    ]
    assert {edge[-1] for edge in view_content(plain)["edges"]} == {None}
    signed = replace(view.nodes[0], badges=("failed", "break"), on_path=True)
    content = view_content(replace(view, nodes=(signed, *view.nodes[1:])))
    assert {"failure", "critical path: what the end waited for"} < {text for *_, text in content["legend"]}
    (failed, x, *_), (broken, left, *_) = content["nodes"][0]["badges"]
    assert (failed, broken) == ("failed", "break")
    assert left < x
    assert content["nodes"][0]["inner"]
    lanes = replace(view, lanes=ScriptedGraph().view(layout="swimlanes").lanes)
    assert {edge[-1] for edge in view_content(lanes)["edges"]} == {None}


def test_times_of_two_causes_of_one_event_are_written_apart() -> None:
    view = ScriptedGraph(4).view()
    join = replace(view.edges[0], effect=view.edges[-1].effect, route=view.edges[-1].route)
    edges = tuple(replace(edge, hop_us=5) for edge in (*view.edges, join))
    hops = [tuple(edge[-1][1:]) for edge in view_content(replace(view, edges=edges))["edges"]]
    assert len(set(hops)) == len(hops) - 1 or len(set(hops)) == len(hops)
    assert hops[0][2] == "end"
    assert {hops[-1][2], hops[-2][2]} <= {"start", "middle"}


def test_labels_keep_the_end_in_which_names_and_positions_differ() -> None:
    view = ScriptedGraph(4).view()
    node = replace(view.nodes[0], label="com.example.shop.delivery.order.shipped.v2", topic="onex.dev.workflow_events")
    [(label, *_), (where, *_)] = view_content(replace(view, nodes=(node,), edges=()))["nodes"][0]["texts"]
    assert label.startswith("…")
    assert label.endswith("shipped.v2")
    assert where.endswith("events/0@100")


def test_the_first_cause_of_the_topmost_chain_is_in_sight_first() -> None:
    view = ScriptedGraph(4).view()
    # A mark of its own stands below the chains, although its event was the first of all.
    lone = replace(view.nodes[0], key="lone", y=900.0)
    assert view_content(replace(view, nodes=(lone, *view.nodes)))["start"] == view.nodes[0].y
    assert view_content(replace(view, nodes=()))["start"] == 0
    assert view_content(ScriptedGraph(4).view(layout="swimlanes"))["start"] == 0


def test_the_times_of_lanes_stay_in_sight_at_the_top_apart_from_idle_time() -> None:
    ticks = (TimeTick(230.0, "2026-01-01 00:00:00Z"), TimeTick(250.0, "idle 3 s", 44.0), TimeTick(240.0, "+1 ms"))
    content = view_content(replace(ScriptedGraph(4).view(layout="swimlanes"), ticks=ticks))
    (head, _), *labels = content["top"]
    assert head == "head"
    assert content["ticks"] == [[230.0, 0.0], [250.0, 44.0], [240.0, 0.0]]
    heights = {text: y for _, _, y, text, _ in labels}
    assert set(heights) == {"2026-01-01 00:00:00Z", "idle 3 s"}, "one that would run into another is left out"
    assert 0 < heights["idle 3 s"] < heights["2026-01-01 00:00:00Z"] < content["topHeight"]
    assert (view_content(ScriptedGraph(4).view())["top"], view_content(ScriptedGraph(4).view())["topHeight"]) == (
        [],
        0.0,
    )
