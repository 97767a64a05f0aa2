from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast, serious_findings
from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.tracing.drawing.painting.content import view_content
from workbench.widgets import CausationGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watch
    from stage import Stage

pytestmark = pytest.mark.browser

STATE = {"name": "Causal graph", "layout_name": "layered", "lanes": "topic", "boxes": "event_type", "height": 460}


@pytest.fixture
def graph(stage: Callable[..., Stage]) -> Callable[..., Stage]:
    def shown(
        source: ScriptedGraph, *, layout: Any = "layered", state: dict[str, Any] | None = None, **options: Any
    ) -> Stage:
        made = stage(CausationGraph, {**STATE, "layout_name": layout, **(state or {})}, **options)
        play(made, source, layout=layout)
        return made

    return shown


def play(made: Stage, source: ScriptedGraph, *, serial: int = 1, **wish: Any) -> None:
    packed = json.loads(json.dumps(view_content(source.view(**wish))))
    made.play({"kind": "view", "serial": serial, "picked": []}, packed)


def test_every_event_is_a_named_button_and_edges_are_hidden(graph: Callable[..., Stage]) -> None:
    page = graph(ScriptedGraph(8)).page
    events = page.get_by_role("group", name="Events")
    assert events.get_by_role("button").count() == 9
    expect(events.get_by_role("button", name="OrderPaid, orders/1@101, 2 effects")).to_be_visible()
    assert page.locator("[aria-hidden=true] .wb-edge").count() == 8
    assert events.locator("[tabindex='0']").count() == 1
    expect(page.locator(".wb-figures")).to_have_text("8 of 11 events shown")


def test_axe_finds_nothing_serious(graph: Callable[..., Stage]) -> None:
    page = graph(ScriptedGraph(8)).page
    expect(page.get_by_role("group", name="Events", exact=True)).to_be_visible()
    assert serious_findings(page) == []


def test_a_click_selects_and_highlights_causes_and_effects(graph: Callable[..., Stage]) -> None:
    shown = graph(ScriptedGraph(15))
    page = shown.page
    page.get_by_role("button", name="orders/0@103").click()
    assert shown.sent("select")[-1]["keys"] == ["n3"]
    up = page.evaluate("() => [...document.querySelectorAll('.wb-up')].map((node) => node.dataset.key)")
    down = page.evaluate("() => [...document.querySelectorAll('.wb-down')].map((node) => node.dataset.key)")
    assert (up, down) == (["n0", "n1"], ["n7", "n8", "rest"])
    expect(page.get_by_role("status")).to_contain_text("2 before it, 3 after it")
    expect(page.locator(".wb-chosen")).to_contain_text("id: e-3")
    page.get_by_role("button", name="orders/1@104").click(modifiers=["ControlOrMeta"])
    assert shown.sent("select")[-1]["keys"] == ["n3", "n4"]
    assert page.locator("tr[aria-current=true]").count() == 2


def test_the_record_of_the_selected_event_is_shown_as_text_and_the_focus_stays(graph: Callable[..., Stage]) -> None:
    shown = graph(ScriptedGraph(15))
    page = shown.page
    page.get_by_role("button", name="orders/0@103").click()
    asked = shown.sent("record")[-1]
    assert asked["key"] == "n3"
    facts = [["record", "orders/0@103"], ["key", HOSTILE]]
    shown.play(
        {"kind": "record", "request": asked["request"], "facts": facts, "headers": [["type", HOSTILE]], "body": "{}"}
    )
    pane = page.get_by_role("region", name="Record")
    expect(pane).to_contain_text("orders/0@103")
    expect(pane.get_by_role("table", name="Headers")).to_contain_text(HOSTILE[:20])
    assert page.evaluate("() => document.activeElement.dataset.key") == "n3"
    page.get_by_role("button", name="orders/1@104").click(modifiers=["ControlOrMeta"])
    expect(pane).to_be_hidden()


def test_the_table_says_the_same_and_selects(graph: Callable[..., Stage]) -> None:
    shown = graph(ScriptedGraph(8))
    table = shown.page.get_by_role("table")
    assert table.get_by_role("row").count() == 10
    table.get_by_role("button", name="OrderShipped").first.click()
    assert shown.sent("select")[-1]["keys"] == ["n2"]
    expect(shown.page.locator("[aria-pressed=true].wb-node")).to_have_attribute(
        "aria-label", "OrderShipped, orders/2@102, 2 effects"
    )
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Enter")
    assert shown.sent("select")[-1]["keys"] == ["n3"]


def test_keys_walk_the_graph_and_stay_inside(graph: Callable[..., Stage]) -> None:
    shown = graph(ScriptedGraph(15))
    page = shown.page
    page.evaluate("() => { window.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key)); }")
    page.get_by_role("button", name="orders/0@100").focus()
    walked = []
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        walked.append(page.evaluate("() => document.activeElement.dataset.key"))
    assert walked == ["n1", "n2", "n5", "n2", "n0"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert shown.sent("select")[-1]["keys"] == ["n1"]
    page.keyboard.press("Escape")
    assert page.evaluate("() => leaked") == ["Escape"]


def test_a_group_opens_on_demand_and_the_counts_add_up(graph: Callable[..., Stage]) -> None:
    source = ScriptedGraph(8)
    shown = graph(source)
    page = shown.page
    page.get_by_role("button", name="3 OrderPaid folded").click()
    assert shown.sent("open") == [{"kind": "open", "key": "rest"}]
    assert shown.sent("select") == []
    play(shown, source, serial=2, opened=["rest"])
    expect(page.locator(".wb-figures")).to_have_text("11 of 11 events shown")
    page.get_by_role("button", name="Fold 1 opened").click()
    assert len(shown.sent("fold")) == 1


def test_the_wheel_zooms_only_with_focus_or_control(graph: Callable[..., Stage]) -> None:
    page = graph(ScriptedGraph(9), viewport={"width": 1200, "height": 600}).page
    world = page.locator(".wb-world")
    page.get_by_role("button", name="Fit").click()
    before = world.get_attribute("transform")
    page.locator(".wb-stage").hover()
    page.mouse.wheel(0, 120)
    page.wait_for_function("() => window.scrollY > 0")
    assert world.get_attribute("transform") == before
    page.locator(".wb-stage svg").click(position={"x": 5, "y": 5})
    scrolled = page.evaluate("() => window.scrollY")
    page.mouse.wheel(0, -120)
    expect(world).not_to_have_attribute("transform", before or "")
    assert page.evaluate("() => window.scrollY") == scrolled
    page.get_by_role("button", name="Fit").click()
    expect(world).to_have_attribute("transform", before or "")


def test_fit_never_makes_text_too_small_to_read(graph: Callable[..., Stage]) -> None:
    page = graph(ScriptedGraph(120, fan=3)).page
    for _ in range(8):
        page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Fit").click()
    # Heights on screen, in CSS pixels: a drawing larger than its area is shown from its beginning.
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('.wb-stage text')].map((text) =>"
        " parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))",
    )
    assert smallest >= 10
    expect(page.get_by_role("button", name="orders/0@100")).to_be_in_viewport()


def test_dragging_pans(graph: Callable[..., Stage]) -> None:
    page = graph(ScriptedGraph(8)).page
    world = page.locator(".wb-world")
    before = world.get_attribute("transform")
    box = page.locator(".wb-stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 440)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 400, steps=4)
    page.mouse.up()
    expect(world).not_to_have_attribute("transform", before or "")


def test_the_layout_is_a_setting(graph: Callable[..., Stage], picture: Callable[..., None]) -> None:
    source = ScriptedGraph(12)
    shown = graph(source)
    shown.page.get_by_role("button", name="Swimlanes").click()
    assert shown.saved() == [["layout_name", "swimlanes"]]
    play(shown, source, serial=2, layout="swimlanes")
    expect(shown.page.get_by_role("button", name="Swimlanes")).to_have_attribute("aria-pressed", "true")
    shown.page.get_by_label("Lanes").select_option("source")
    assert shown.saved()[-1] == ["lanes", "source"]
    picture(shown.page, "swimlanes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(graph: Callable[..., Stage], picture: Callable[..., None], scheme: str) -> None:
    shown = graph(ScriptedGraph(10), color_scheme=scheme)
    shown.page.get_by_role("button", name="orders/1@104").click()
    picture(shown.page, scheme)
    ratio, text = lowest_contrast(shown.page, ".workbench")
    assert ratio >= 4.5, text


def test_five_thousand_nodes_can_be_forced(graph: Callable[..., Stage]) -> None:
    shown = graph(ScriptedGraph(5_000, fan=3))
    assert shown.page.locator(".wb-node").count() == 5_001


def test_cleanup_leaves_nothing(graph: Callable[..., Stage]) -> None:
    left = graph(ScriptedGraph()).page.evaluate(
        "() => { stage.cleanup(); return [...stage.listeners.values()].flat().length"
        " + document.getElementById('host').childElementCount }",
    )
    assert left == 0


def test_a_still_stays_until_the_kernel_answers(stage: Callable[..., Stage]) -> None:
    shown = stage(CausationGraph, {**STATE, "still_id": "abc"})
    page = shown.page
    page.evaluate(
        "() => { const still = document.createElement('p'); still.className = 'wb-still-abc';"
        " still.textContent = 'picture'; document.body.append(still) }",
    )
    # As in exported HTML that holds the state of its widgets: the view is there, and no kernel.
    expect(page.get_by_text("picture")).to_be_visible()
    play(shown, ScriptedGraph(4))
    expect(page.get_by_text("picture")).to_be_hidden()
    page.evaluate("() => stage.cleanup()")
    expect(page.get_by_text("picture")).to_be_visible()


def test_a_narrow_page_works(graph: Callable[..., Stage], picture: Callable[..., None]) -> None:
    page = graph(ScriptedGraph(8), viewport={"width": 320, "height": 640}).page
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, "narrow")


def test_hostile_text_is_shown_in_every_field_and_runs_nowhere(graph: Callable[..., Stage], watch: Watch) -> None:
    source = ScriptedGraph(6, text=HOSTILE)
    shown = graph(source, layout="swimlanes", state={"name": HOSTILE})
    page = shown.page
    play(shown, source, serial=2, layout="layered")
    shown.play({"kind": "failed", "request": "", "message": HOSTILE})
    page.locator(".wb-node").first.click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator(".workbench img, .workbench script, .workbench [onload], .workbench [onerror]").count() == 0
    assert page.evaluate("() => window.fired") is None
    assert watch.dialogs == []
