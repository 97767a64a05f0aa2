from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from stage import lowest_contrast, serious_findings
from widget_feeds import HOSTILE, ScriptedJob, ScriptedPlan

from workbench.widgets.replay_panel.model import plan_blocks
from workbench.widgets.sheet.model import Sheet
from workbench.widgets.sheet.progress import progress_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watch
    from stage import Stage

pytestmark = pytest.mark.browser


def blocks(*, text: str = "") -> list[dict[str, Any]]:
    plan = ScriptedPlan(text=text, refusals=(text or "G-3: the connection is read-only",))
    job = ScriptedJob(text=text)
    made = [*progress_blocks(job.progress, text or "Partitions"), *plan_blocks(plan.facts)]
    return json.loads(json.dumps([block.packed() for block in made]))  # type: ignore[no-any-return]


def tick(number: int, shown: list[dict[str, Any]], state: str = "running") -> dict[str, Any]:
    return {"kind": "tick", "number": number, "state": state, "note": "", "blocks": shown}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_blocks_are_readable(stage: Callable[..., Stage], picture: Callable[..., None], scheme: str) -> None:
    shown = stage(Sheet, {"name": "Replay to orders.replay"}, color_scheme=scheme)
    shown.play(tick(1, blocks()))
    page = shown.page
    expect(page.get_by_role("region", name="Replay to orders.replay")).to_be_visible()
    expect(page.get_by_role("progressbar", name="orders/1")).to_have_attribute("aria-valuenow", "40")
    expect(page.get_by_role("listitem").first).to_have_text("G-3: the connection is read-only")
    picture(page, scheme)
    ratio, text = lowest_contrast(page, ".workbench")
    assert ratio >= 4.5, text
    assert serious_findings(page) == []
    assert shown.sent("ack") == [{"kind": "ack", "number": 1}]


def test_only_changed_blocks_are_drawn_again(stage: Callable[..., Stage]) -> None:
    shown = stage(Sheet, {"name": "Plan"})
    first = blocks()
    shown.play(tick(1, first))
    shown.page.evaluate("() => { for (const block of document.querySelectorAll('.wb-block')) block.marked = true }")
    changed = [first[0], {**first[1], "title": "Counted anew"}, *first[2:-1]]
    shown.play(tick(2, changed, "done"))
    marks = shown.page.evaluate("() => [...document.querySelectorAll('.wb-block')].map((block) => !!block.marked)")
    assert marks == [True, False, *[True] * (len(first) - 3)]
    expect(shown.page.get_by_role("status")).to_have_text("Plan: done")


def test_hostile_text_stays_text(stage: Callable[..., Stage], watch: Watch) -> None:
    shown = stage(Sheet, {"name": HOSTILE})
    raw = json.loads(json.dumps(blocks()).replace("orders", "§").replace("§", json.dumps(HOSTILE)[1:-1]))
    shown.play({**tick(1, raw, HOSTILE), "note": HOSTILE})
    shown.play({"kind": "failed", "request": "", "message": HOSTILE})
    shown.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert shown.page.locator(".workbench img, .workbench script, .workbench svg").count() == 0
    assert shown.page.evaluate("() => window.fired") is None
    assert watch.dialogs == []


def test_cleanup_leaves_nothing(stage: Callable[..., Stage]) -> None:
    left = stage(Sheet, {"name": "Plan"}).page.evaluate(
        "() => { stage.cleanup(); return [...stage.listeners.values()].flat().length"
        " + document.getElementById('host').childElementCount }",
    )
    assert left == 0
