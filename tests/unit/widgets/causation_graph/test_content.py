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
    view = ScriptedGraph().view()
    content = view_content(view)
    labels = [text for _, _, _, text in content["legend"]]
    assert "root" in labels
    assert "caused" not in labels
    assert [edge[6] for edge in content["edges"]] == [
        None if edge.hop_us is None else duration_text(edge.hop_us, "us", signed=True) for edge in view.edges
    ]
    failed = replace(view, nodes=(replace(view.nodes[0], event_type="order.failed"), *view.nodes[1:]))
    assert "failure or dead letter" in [text for *_, text in view_content(failed)["legend"]]
    assert view_content(failed)["nodes"][0]["failed"]
    lanes = view_content(ScriptedGraph().view(layout="swimlanes"))
    assert {edge[6] for edge in lanes["edges"]} == {None}
