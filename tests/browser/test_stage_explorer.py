"""The explorer's view on a page whose kernel the test plays: tabs, forms, tables, trees, keys, hostile text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast, serious_findings
from widget_feeds import HOSTILE, ScriptedPanes

from workbench.tasks import Supervisor
from workbench.widgets.explorer.model import ExplorerView

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watch
    from playwright.sync_api import Page
    from stage import Stage

pytestmark = pytest.mark.browser

STATE = {"name": "Explorer of cluster-1", "pane": "topics", "detail": "record", "height": 300, "still_id": "x"}
ANSWERS = """([contents, rows, shift]) => {
  const buffer = (value) => new DataView(new TextEncoder().encode(JSON.stringify(value)).buffer);
  const fire = (content, value) => {
    for (const call of stage.listeners.get("msg:custom") ?? []) call(content, [buffer(value)]);
  };
  stage.version = 1;
  stage.answer = (content) => setTimeout(() => {
    if (content.kind === "content") {
      const [shown, blocks] = contents[content.pane];
      const inputs = shown.inputs.map((one) => ({ ...one, value: stage.values?.[one.name] ?? one.value }));
      fire({ ...shown, inputs, version: stage.version, request: content.request }, blocks);
    } else if (content.kind === "window") {
      stage.windows = (stage.windows ?? 0) + 1;
      const known = rows[content.pane], part = [];
      for (let n = content.start; n < content.end; n++) {
        const row = known[n % known.length];
        part.push([`row ${n}`, [row[1][0].replace(/ \\d+$/, ` ${n}`), ...row[1].slice(1)], row[2], row[3]]);
      }
      const { request, pane, start } = content;
      fire({ kind: "rows", request, pane, version: stage.version, start }, part);
    }
  }, shift);
}"""

NAMELESS = """() => {
  const wanted = ["button", "input", "select", "textarea", "[role=grid]", "[role=tablist]", "[role=region]"];
  const label = (one) => one.labels?.[0]?.textContent.trim();
  const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || label(one);
  const found = [...document.querySelectorAll(wanted.map((one) => `.workbench ${one}`).join(", "))];
  return found.filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 80));
}"""
SMALL = """() => {
  const found = [...document.querySelectorAll(".workbench button, .workbench input:not([type=checkbox])")];
  const small = (one) => one.checkVisibility() && one.getBoundingClientRect().height < 24;
  return found.filter(small).map((one) => one.textContent);
}"""


def played(feed: ScriptedPanes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What a kernel with this feed would say: the tick, and the answers by pane."""

    view = ExplorerView(feed, supervisor=Supervisor())
    said: list[tuple[dict[str, Any], Any]] = []
    view.post = lambda content, buffers=(): said.append((content, buffers))
    made = view._next_tick(forced=True)
    assert made is not None
    contents: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    for pane in (*feed.panes, *feed.details):
        view._receive(None, {"kind": "content", "request": "r", "pane": pane.name}, [])
        view._receive(None, {"kind": "window", "request": "r", "pane": pane.name, "start": 0, "end": 20}, [])
        (content, blocks), (_, packed) = said[-2:]
        contents[pane.name] = [content, json.loads(blocks[0])]
        rows[pane.name] = json.loads(packed[0]) or [["", ["", "", ""], 0, []]]
    view.close()
    return made[0], contents, rows


def shown(
    stage: Callable[..., Stage], feed: ScriptedPanes, state: dict[str, Any] | None = None, **options: Any
) -> Stage:
    tick, contents, rows = played(feed)
    made = stage(ExplorerView, {**STATE, **(state or {})}, **options)
    made.page.evaluate(ANSWERS, [contents, rows, 0])
    made.play({"kind": "tick", "number": 1, **tick})
    made.tick = {"kind": "tick", **tick}  # type: ignore[attr-defined]
    return made


def rows(page: Page) -> Any:
    return page.get_by_role("grid").first.locator(".wb-body [role=row]:not([hidden])")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 480])
def test_it_is_readable(stage: Callable[..., Stage], picture: Callable[..., None], scheme: str, width: int) -> None:
    made = shown(stage, ScriptedPanes(), color_scheme=scheme, viewport={"width": width, "height": 900})
    page = made.page
    expect(page.get_by_role("region", name="Explorer of cluster-1")).to_be_visible()
    expect(rows(page).first).to_contain_text("row 0")
    expect(page.get_by_role("tree").last).to_be_visible()
    picture(page, f"{scheme}-{width}")
    ratio, text = lowest_contrast(page, ".workbench")
    assert ratio >= 4.5, text
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert serious_findings(page) == []


def test_hostile_text_stays_text(stage: Callable[..., Stage], watch: Watch) -> None:
    made = shown(stage, ScriptedPanes(text=HOSTILE), {"name": HOSTILE})
    page = made.page
    expect(rows(page).first).to_contain_text("<img src=x")
    expect(page.get_by_role("treeitem").nth(1)).to_contain_text("<script>")
    made.play({"kind": "failed", "request": "", "message": HOSTILE})
    expect(page.locator(".wb-failure:visible").first).to_contain_text("<img")
    assert page.locator(".workbench img, .workbench script, .workbench foreignObject").count() == 0
    assert page.evaluate("() => window.fired") is None
    assert watch.dialogs == []


def test_a_thousand_rows_are_a_few_elements(stage: Callable[..., Stage]) -> None:
    made = shown(stage, ScriptedPanes(rows=1_000))
    page = made.page
    grid = page.get_by_role("grid").first
    expect(grid).to_have_attribute("aria-rowcount", "1001")
    page.evaluate(
        "async () => { const grid = document.querySelector('[role=grid]');"
        " for (let n = 0; n < 60; n++) { grid.scrollTop += 350; await new Promise(requestAnimationFrame); } }"
    )
    page.evaluate("() => { document.querySelector('[role=grid]').scrollTop = 1e6 }")
    expect(rows(page).filter(has_text="row 999")).to_have_count(1)
    assert page.locator(".wb-explorer .wb-body .wb-row").count() < 80
    # One request at a time, each for what is on screen then.
    assert page.evaluate("() => stage.windows") < 70


def test_keys_alone_reach_everything(stage: Callable[..., Stage]) -> None:
    made = shown(stage, ScriptedPanes(rows=50))
    page = made.page
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Topics")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Filter").first).to_be_focused()
    page.keyboard.type("ord")
    assert made.wait_sent("press")[0] == {
        "kind": "press", "pane": "topics", "press": "input", "names": ["filter"], "values": ["ord"],
    }  # fmt: skip
    page.keyboard.press("Enter")
    assert made.wait_sent("press", 2)[1]["press"] == "go"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("grid").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press(" ")
    picks = [(one["key"], one["how"]) for one in made.wait_sent("pick", 1)]
    assert picks[0] == ("row 2", "enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", name="Topics")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Messages")).to_be_focused()
    expect(page.get_by_role("tabpanel").first).to_have_accessible_name("Messages")
    assert made.saved() == [["pane", "messages"]]
    page.keyboard.press("Escape")
    expect(page.locator("body")).to_be_focused()


def test_the_tree_opens_closes_and_is_searched_by_keys(stage: Callable[..., Stage]) -> None:
    page = shown(stage, ScriptedPanes()).page
    tree = page.get_by_role("tree").last
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    tree.get_by_role("treeitem").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    expect(tree.get_by_role("treeitem").nth(1)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    page.get_by_role("searchbox").last.fill("9007199254740993")
    expect(tree.get_by_role("treeitem")).to_have_count(2)
    expect(page.get_by_text("1 found")).to_be_visible()


def test_what_is_typed_stays_when_the_pane_changes(stage: Callable[..., Stage]) -> None:
    made = shown(stage, ScriptedPanes())
    page = made.page
    field = page.get_by_label("Filter").first
    field.fill("half typ")
    page.evaluate("() => { stage.version = 2 }")
    panes = [{**pane, "version": 2} for pane in made.tick["panes"]]  # type: ignore[attr-defined]
    panes[0] |= {"busy": "reading", "failure": "it failed"}
    made.play({**made.tick, "number": 2, "panes": panes})  # type: ignore[attr-defined]
    expect(page.get_by_text("reading …")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="it failed")).to_be_visible()
    expect(field).to_have_value("half typ")
    panes[0] |= {"busy": "", "failure": ""}
    made.play({**made.tick, "number": 3, "panes": panes, "wish": [1, "messages"]})  # type: ignore[attr-defined]
    expect(page.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("status").last).to_contain_text("Topics: note of topics")


def test_what_was_sent_does_not_come_back_over_what_is_typed_next(stage: Callable[..., Stage]) -> None:
    made = shown(stage, ScriptedPanes())
    page = made.page
    field = page.get_by_label("Filter").first
    field.fill("first")
    field.press("Enter")
    assert made.wait_sent("press")[0]["values"] == ["first"]
    field.fill("next")
    # It is a live field: the next text is on its way, too, when the kernel answers to the first one. On a busy machine
    # the first one went twice, by itself and by the key.
    page.wait_for_function("() => stage.sent.some((one) => one.kind === 'press' && one.values.includes('next'))")
    for version, said, expected in ((2, "first", "next"), (3, "of the kernel", "of the kernel")):
        page.evaluate("([version, filter]) => { stage.version = version; stage.values = { filter } }", [version, said])
        panes = [{**pane, "version": version, "busy": said} for pane in made.tick["panes"]]  # type: ignore[attr-defined]
        contents = page.evaluate("() => stage.sent.filter((one) => one.kind === 'content').length")
        made.play({**made.tick, "number": version, "panes": panes})  # type: ignore[attr-defined]
        made.wait_sent("content", contents + 1)
        expect(page.get_by_text(f"{said} …").first).to_be_visible()
        expect(field).to_have_value(expected)


def test_every_part_has_a_name(stage: Callable[..., Stage]) -> None:
    page = shown(stage, ScriptedPanes()).page
    expect(page.get_by_role("tree").last).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(SMALL) == []


def test_cleanup_leaves_nothing(stage: Callable[..., Stage]) -> None:
    left = shown(stage, ScriptedPanes()).page.evaluate(
        "() => { stage.cleanup(); return [...stage.listeners.values()].flat().length"
        " + document.getElementById('host').childElementCount }",
    )
    assert left == 0
