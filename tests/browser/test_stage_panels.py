"""Panels of schemas, lineage and views: read, chosen by keyboard, hostile text stays text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast
from widget_feeds import HOSTILE, ScriptedLineage, ScriptedSchemas, ScriptedView

from workbench.widgets import LineagePanel, SchemaPanel, ViewPanel
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from conftest import Watch
    from stage import Stage

pytestmark = pytest.mark.browser


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what never waits: Playwright has a loop of its own that runs."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    return done.value.value


def made(kind: str, text: str = "") -> Sheet:
    if kind == "schemas":
        feed = ScriptedSchemas(text=text)
        return SchemaPanel(feed, look=now(feed.look(feed.subjects[0].subject)))
    return LineagePanel(ScriptedLineage(text=text)) if kind == "lineage" else ViewPanel(ScriptedView(text=text))


def tick(panel: Sheet, number: int = 1) -> dict[str, Any]:
    content, _ = panel._tick(forced=True)  # type: ignore[misc]
    return json.loads(json.dumps({"kind": "tick", "number": number, **content}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["schemas", "lineage", "view"])
def test_a_panel_is_readable(stage: Callable[..., Stage], picture: Callable[..., None], kind: str, scheme: str) -> None:
    panel = made(kind)
    shown = stage(Sheet, {"name": panel.name}, color_scheme=scheme)
    shown.play(tick(panel))
    expect(shown.page.get_by_role("region", name=panel.name)).to_be_visible()
    picture(shown.page, f"{kind}-{scheme}")
    ratio, text = lowest_contrast(shown.page, ".workbench")
    assert ratio >= 4.5, text


def test_lists_and_buttons_work_by_keyboard_and_keep_the_focus(stage: Callable[..., Stage]) -> None:
    panel = made("schemas")
    shown = stage(Sheet, {"name": panel.name})
    shown.play(tick(panel))
    page = shown.page
    subject = page.get_by_label("Subject", exact=True)
    subject.focus()
    page.keyboard.press("ArrowDown")
    assert shown.wait_sent("choose") == [{"kind": "choose", "name": "subject", "option": 1}]
    now(panel.choose("subject", 1))
    shown.play(tick(panel, 2))
    expect(page.get_by_label("Compare version")).to_have_count(0)
    expect(subject).to_be_focused()
    expect(subject).to_have_value("1")
    # JupyterLab takes no key of these lists for a shortcut of the notebook.
    assert page.locator(".wb-choices[data-lm-suppress-shortcuts]").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown.wait_sent("choose", 2)[-1] == {"kind": "choose", "name": "refresh", "option": 0}


def test_a_difference_is_marked_by_more_than_colour(stage: Callable[..., Stage]) -> None:
    panel = made("schemas")
    shown = stage(Sheet, {"name": panel.name})
    shown.play(tick(panel))
    expect(shown.page.locator(".wb-diff ins")).to_have_text("+  coupon")
    expect(shown.page.locator(".wb-diff del")).to_have_text("-")
    expect(shown.page.get_by_role("img", name="orders/0 id 2: 5 to 9, 5 records")).to_be_visible()


@pytest.mark.parametrize("kind", ["schemas", "lineage", "view"])
def test_hostile_text_stays_text(stage: Callable[..., Stage], watch: Watch, kind: str) -> None:
    panel = made(kind, HOSTILE)
    shown = stage(Sheet, {"name": panel.name})
    raw = json.dumps(tick(panel))
    # The texts as they are, as if the kernel had not escaped them.
    shown.play(json.loads(raw.replace("\\\\x1b", "\\u001b").replace("\\\\u202e", "\\u202e")))
    shown.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert shown.page.locator(".workbench img, .workbench script, .workbench svg").count() == 0
    assert "onerror" in shown.page.locator(".workbench").inner_text()
    assert shown.page.evaluate("() => window.fired") is None
    assert watch.dialogs == []
