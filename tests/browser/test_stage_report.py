"""The report of a snapshot in a browser: it asks nobody for anything, runs nothing, and its pictures can be read."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from stage import lowest_contrast
from widget_feeds import HOSTILE

import workbench as wb
from workbench.model.records.record import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Watch
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SMALLEST = (
    "() => Math.min(...[...document.querySelectorAll('svg text')].map((text) =>"
    " parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"
)


def event(number: int) -> NewRecord:
    cause = number - 1 if number % 7 else 0
    names = {"id": f"{number}{HOSTILE}", "source": f"{number % 3}{HOSTILE}", "type": f"order.failed.{HOSTILE}"}
    body = {"specversion": "1.0", **names, "correlationid": HOSTILE, "causationid": f"{cause}{HOSTILE}"}
    return NewRecord("orders.dlq", key=HOSTILE.encode(), value=json.dumps(body).encode())


@pytest.fixture
def report(tmp_path: Path) -> Path:
    # In a thread of its own: playwright's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, write(tmp_path)).result()


async def write(folder: Path) -> Path:
    async with await wb.connect("memory://report", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders.dlq", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([event(number) for number in range(40)])
        snap = await cluster.capture("orders.dlq", start="start", into=folder / "h.duckdb", progress=False)
    with snap:
        return snap.report(folder / "incident.html", title=HOSTILE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_whole_harmless_and_readable(
    report: Path, open_page: Callable[..., Page], watch: Watch, picture: Callable[..., None], scheme: str
) -> None:
    page = open_page(color_scheme=scheme, offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert page.locator("svg").count() == 2
    assert page.locator(".workbench-snapshot table").count() == 1
    assert page.evaluate("() => window.fired") is None
    assert page.locator("img, script, [onload], [onerror]").count() == 0
    assert page.evaluate(SMALLEST) >= 10
    # Wide parts scroll in their own areas.
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    ratio, text = lowest_contrast(page, "body")
    assert ratio >= 4.5, text
    assert watch.dialogs == []
    picture(page, scheme)
