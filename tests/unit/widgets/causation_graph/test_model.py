from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from order_flow import scenario
from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.model.feeds import Identity, RecordDetail
from workbench.tracing.views import TraceViews
from workbench.widgets import CausationGraph
from workbench.widgets.base import model

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.model.causation import GraphView
    from workbench.widgets.base.model import Widget


def drawing(browser: Browser, graph: Widget, number: int = -1) -> dict[str, Any]:
    return json.loads(browser.buffers(graph, "view")[number][0])  # type: ignore[no-any-return]


async def test_a_view_is_made_once_somebody_looks(browser: Browser) -> None:
    source = ScriptedGraph(8)
    graph = CausationGraph(source)
    assert source.asked == []
    browser.show(graph)
    await browser.until(lambda: browser.sent(graph, "view"))
    drawn = drawing(browser, graph)
    assert len(drawn["nodes"]) == 9
    assert len(drawn["edges"]) == 8
    assert drawn["text"] == "8 of 11 events shown"
    assert drawn["facts"] == [
        "3 folded",
        "1 fragment",
        "1 root (origin)",
        "2 unresolved (missing)",
        "1 cycle",
        "clock: event",
    ]
    assert graph.layout_name == "layered"
    assert source.asked == [{"layout": None, "lanes": "topic", "opened": set(), "limit": 500}]


async def test_hostile_text_is_made_visible_before_it_is_sent(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph(text=HOSTILE)))
    await browser.until(lambda: browser.sent(graph, "view"))
    sent = browser.buffers(graph, "view")[0][0].decode()
    for character in ("\x1b", "\\u001b", "\u202e", "\\u202e"):
        assert character not in sent.replace("\\\\", "")


async def test_a_second_view_gets_the_same_drawing(browser: Browser) -> None:
    source = ScriptedGraph()
    graph = browser.show(CausationGraph(source))
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.says(graph, {"kind": "ready"})
    assert [content["serial"] for content in browser.sent(graph, "view")] == [1, 1]
    assert len(source.asked) == 1


async def test_clicked_nodes_become_records(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph()))
    await browser.until(lambda: browser.sent(graph, "view"))
    seen: list[Any] = []
    graph.observe(lambda change: seen.append(change["new"]), "selected")
    browser.says(graph, {"kind": "select", "keys": ["n4", "n2", "n4", "gone", "rest"]})
    assert graph.selected == (Identity("orders", 1, 104), Identity("orders", 2, 102))
    assert seen == [graph.selected]
    assert browser.sent(graph, "picked") == []


async def test_python_selects_nodes(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph()))
    await browser.until(lambda: browser.sent(graph, "view"))
    graph.selected = (Identity("orders", 1, 104),)
    assert browser.sent(graph, "picked") == [{"kind": "picked", "keys": ["n4"]}]


async def test_groups_open_and_fold(browser: Browser) -> None:
    source = ScriptedGraph(8)
    graph = browser.show(CausationGraph(source))
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.says(graph, {"kind": "open", "key": "rest"})
    await browser.until(lambda: len(browser.sent(graph, "view")) == 2)
    assert len(drawing(browser, graph)["nodes"]) == 11
    browser.says(graph, {"kind": "fold"})
    await browser.until(lambda: len(browser.sent(graph, "view")) == 3)
    assert [asked["opened"] for asked in source.asked] == [set(), {"rest"}, set()]
    browser.says(graph, {"kind": "open", "key": "n1"})
    assert "folded no more" in graph.failure


async def test_the_layout_can_be_changed_from_both_sides(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph()))
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.sets(graph, layout_name="swimlanes")
    await browser.until(lambda: len(browser.sent(graph, "view")) == 2)
    assert [lane[0][:7] for lane in drawing(browser, graph)["lanes"]] == ["topic-0", "topic-1", "topic-2"]
    graph.lanes = "source"
    await browser.until(lambda: len(browser.sent(graph, "view")) == 3)
    assert drawing(browser, graph)["lanes"][0][0].startswith("source-0")


async def test_a_source_that_breaks_is_shown_and_nothing_changes(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ScriptedGraph()
    graph = browser.show(CausationGraph(source))
    await browser.until(lambda: browser.sent(graph, "view"))

    def broken(**_: object) -> None:
        raise RuntimeError("no layout")

    monkeypatch.setattr(source, "view", broken)
    browser.says(graph, {"kind": "open", "key": "rest"})
    await browser.until(lambda: graph.failure)
    assert graph.failure == "CausationGraph: RuntimeError: no layout"
    assert graph.opened == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "select", "keys": "n1"},
        {"kind": "select", "keys": [1]},
        {"kind": "select", "keys": ["x"] * 1_001},
        {"kind": "open"},
        {"kind": "open", "key": {"a": 1}},
        {"kind": "view"},
    ],
)
async def test_what_a_browser_says_is_checked(browser: Browser, content: object) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph()))
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.says(graph, content)
    assert "was refused" in graph.failure
    assert graph.selected == ()


async def test_the_record_of_a_selected_node(browser: Browser) -> None:
    asked = []

    def record(position: object) -> RecordDetail:
        asked.append(str(position))
        return RecordDetail(Identity("orders", 0, 1), (("record", "orders/0@1"),), (("type", "<b>"),), "{}")

    graph = CausationGraph(ScriptedGraph(8), record=record)
    browser.show(graph)
    await browser.until(lambda: browser.sent(graph, "view"))
    nodes = drawing(browser, graph)["nodes"]
    event = next(node["key"] for node in nodes if node["kind"] == "event")
    browser.says(graph, {"kind": "record", "key": event, "request": "r1"})
    browser.says(graph, {"kind": "record", "key": "no such node", "request": "r2"})
    await browser.until(lambda: len(browser.sent(graph, "record")) == 2)
    answers = {answer["request"]: answer for answer in browser.sent(graph, "record")}
    assert answers["r1"]["headers"] == [["type", "<b>"]] or answers["r1"]["headers"] == (("type", "<b>"),)
    assert "facts" not in answers["r2"]
    assert len(asked) == 1


class SlowGraph(ScriptedGraph):
    """A graph whose layout takes as long as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.may_finish = threading.Event()

    def view(self, **options: Any) -> GraphView:
        assert self.may_finish.wait(10)
        return super().view(**options)


async def test_a_deleted_cell_ends_the_layout(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRACE_S", 0.05)
    source = SlowGraph()
    graph = browser.show(CausationGraph(source))
    browser.says(graph, {"kind": "deleted"})
    await browser.until(lambda: not graph.supervisor.running)
    source.may_finish.set()
    assert (graph.failure, graph.supervisor.failures, graph.view) == ("", (), None)
    # Shown in another cell later, it is drawn.
    browser.says(graph, {"kind": "ready"})
    await browser.until(lambda: browser.sent(graph, "view"))


async def test_a_text_is_found_in_folded_events_too(browser: Browser) -> None:
    graph = CausationGraph(ScriptedGraph(8))
    browser.show(graph)
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.says(graph, {"kind": "find", "text": "*", "request": "f1"})
    browser.says(graph, {"kind": "find", "text": "3", "request": "f2"})
    await browser.until(lambda: len(browser.sent(graph, "found")) == 2)
    found = {answer["request"]: answer for answer in browser.sent(graph, "found")}
    assert (found["f1"]["events"], found["f1"]["folded"], found["f1"]["keys"][-1]) == (11, 3, "rest")
    assert (found["f2"]["events"], found["f2"]["folded"], found["f2"]["keys"]) == (1, 0, ["n3"])


async def test_the_selection_is_the_same_in_every_view_of_a_trace(browser: Browser) -> None:
    graph = CausationGraph(TraceViews(scenario("k1").data))
    browser.show(graph)
    await browser.until(lambda: browser.sent(graph, "view"))
    browser.says(graph, {"kind": "select", "keys": ["e2"]})
    picked = {}
    for number, layout in enumerate(("waterfall", "sequence", "map", "swimlanes"), start=2):
        browser.sets(graph, layout_name=layout)
        await browser.until(lambda wanted=number: len(browser.sent(graph, "view")) == wanted)
        picked[layout] = browser.sent(graph, "view")[-1]["picked"]
    assert picked == {"waterfall": ["e2"], "sequence": ["e2", "e2.1"], "map": ["t2"], "swimlanes": ["e2"]}
