from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.text import duration_text
from workbench.widgets import CausationGraph
from workbench.widgets.causation_graph.content import view_content

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def drawing(browser: Browser, graph: Widget, number: int = -1) -> dict[str, Any]:
    return json.loads(browser.buffers(graph, "view")[number][0])  # type: ignore[no-any-return]


async def test_hostile_text_is_made_visible_before_it_is_sent(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph(text=HOSTILE)))
    await browser.until(lambda: browser.sent(graph, "view"))
    sent = browser.buffers(graph, "view")[0][0].decode()
    for character in ("\x1b", "\\u001b", "\u202e", "\\u202e"):
        assert character not in sent.replace("\\\\", "")


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
    failed = replace(view, nodes=(replace(view.nodes[0], event_type="order.failed"), *view.nodes[1:]))
    assert "failure or dead letter" in [text for *_, text in view_content(failed)["legend"]]
    assert view_content(failed)["nodes"][0]["failed"]
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
