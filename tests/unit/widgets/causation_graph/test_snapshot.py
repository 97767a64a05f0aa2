from __future__ import annotations

import base64
import re
from dataclasses import replace

from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.tracing.drawing.painting.content import view_content
from workbench.tracing.drawing.painting.shapes import BADGES
from workbench.widgets import CausationGraph
from workbench.widgets.base.still import STILL_BYTES
from workbench.widgets.causation_graph.model import STILL_NODES
from workbench.widgets.causation_graph.snapshot import ROWS, graph_snapshot


def test_a_snapshot_is_static_and_escaped() -> None:
    snapshot = CausationGraph(ScriptedGraph(text=HOSTILE)).snapshot()
    html = snapshot.body.render()
    assert html.count("<svg") == 1
    assert "<img" not in html
    assert "<script" not in html
    assert "\x1b" not in html
    assert "demo.duckdb" in CausationGraph(ScriptedGraph(20)).snapshot().html()
    lanes = CausationGraph(ScriptedGraph(), layout_name="swimlanes").snapshot()
    assert "10:00:01" in lanes.body.render()


def test_the_picture_that_stays_has_what_the_live_view_draws() -> None:
    view = ScriptedGraph(8).view()
    nodes = (replace(view.nodes[0], badges=("failed",)), *view.nodes[1:])
    edges = (replace(view.edges[0], hop_us=1_500), *view.edges[1:])
    view = replace(view, nodes=nodes, edges=edges)
    html, content = graph_snapshot(view, "flow").body.render(), view_content(view)
    # Each outline, line, arrow, label, time of a hop and entry of the legend that is sent to the browser.
    for node in content["nodes"]:
        assert f'd="{node["path"]}"' in html
        assert all(f">{text}</text>" in html for text, *_ in node["texts"])
    for _, _, path, arrow, *_ in content["edges"]:
        assert f'd="{path}"' in html
        assert f'd="{arrow}"' in html
    for *_, text in content["legend"]:
        assert f">{text}</text>" in html
    assert ">+1.5 ms</text>" in html
    # A badge of its node, and one in the legend.
    assert html.count(BADGES["failed"][1]) == 2
    assert all(fact in html for fact in content["facts"])


def test_a_large_graph_stays_small_and_says_what_it_leaves_out() -> None:
    graph = CausationGraph(Folding(2_000))
    made = graph.still.bundle()
    assert len(made["text/html"]) < STILL_BYTES / 2
    assert f"{STILL_NODES} of" in made["text/html"]
    plain = graph_snapshot(ScriptedGraph(200).view(), "flow")
    assert "… 141 more rows" in repr(plain)
    assert plain.html().count("<tr>") == ROWS + 1
    assert "200 of 203 events shown" in repr(plain)


def test_an_image_of_a_graph_has_no_titles_that_nobody_could_see() -> None:
    html = CausationGraph(ScriptedGraph(8)).snapshot().html()
    image = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert image is not None
    assert base64.b64decode(image[1]).decode().count("<title") == 1


class Folding(ScriptedGraph):
    """Draws as many events as it is asked for, as a real graph does."""

    def view(self, *, limit: int = 500, **wish):
        self.events = min(self.events, limit)
        return super().view(limit=limit, **wish)
