"""A notebook's life in JupyterLab: a cell that is run again, a cluster that is closed, a cell that is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk
    from lab import Notebook
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CONNECT = """
import uuid
import workbench as wb
from workbench.model import NewRecord
cluster = await wb.connect(f"memory://rerun-{uuid.uuid4().hex[:8]}", write=True, reason="test")
await cluster.log.create_topic("orders", partitions=2)
async with cluster.log.writer() as writer:
    await writer.send([NewRecord("orders", value=b'{"n": %d}' % n, partition=n % 2) for n in range(500)])
"""
TAIL = "tail = cluster.tail('orders', start='start')\ntail"
TWO = "cluster.watch_lag(interval_s=0.5)"
CAPTURE = "snap = await cluster.capture('orders', into='rerun.duckdb')\nlen(snap.events())"
HELD = """
import asyncio, time
limit = time.monotonic() + 60
while tail.stats.held < 500:
    assert time.monotonic() < limit, f"{tail.stats}, failures {cluster.tasks.failures}, tasks {cluster.tasks.running}"
    await asyncio.sleep(0.02)
"""
READERS = "len([name for name in cluster.tasks.running if name.startswith('tail') and 'metadata' not in name])"

WATCHES = "len([name for name in cluster.tasks.running if name.startswith('lag of')])"
DELETE_CELL = """async (index) => {
  const { content } = jupyterapp.shell.currentWidget;
  content.deselectAll();
  content.activeCellIndex = index;
  await jupyterapp.commands.execute('notebook:delete-cell');
}"""


@pytest.mark.usefixtures("replaced_views")
def test_each_cell_runs_twice_and_deleted_ones_end(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(CONNECT, TAIL, CAPTURE, TWO)
    page = shown.page
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("500 held")
    shown.until(READERS, "1")
    shown.run(1, 1, 1, 2, 3)
    expect(page.locator(".jp-OutputArea-output", has_text="Error")).to_have_count(0)
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("500 held")
    expect(page.locator(".wb-tail")).to_have_count(1)
    shown.until(READERS, "1")
    shown.until(WATCHES, "1")
    shown.until("tail.stats.held, len(cluster.tasks.failures)", "500 0")
    picture(page, "rerun")
    for index in (3, 1):
        page.evaluate(DELETE_CELL, index)
    expect(page.locator(".wb-tail, .wb-chart")).to_have_count(0)
    shown.until(f"{READERS}, {WATCHES}", "0 0")
    shown.until("tail.stats.state, tail.stats.held", "stopped 200")
    shown.kernel("snap.close()\nawait cluster.aclose()")


def test_run_all_to_the_end_leaves_readable_views(
    desk: Desk, notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(CONNECT, TAIL, TWO, CAPTURE, HELD, "await cluster.aclose()")
    page = shown.page
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("closed · 500 read")
    expect(page.locator(".wb-tail .wb-body [role=row]:not([hidden])").first).to_be_visible()
    expect(page.locator(".wb-sheet .wb-figures").filter(has_text="closed")).not_to_have_count(0)
    assert page.locator(".wb-failure:visible").count() == 0
    assert page.locator(".wb-ill").count() == 0
    page.get_by_role("textbox", name="Filter").fill("where offset = 7")
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("2 match")
    shown.save()
    desk.open(shown.name)
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("closed · 500 read")
    assert page.locator(".wb-failure:visible").count() == 0
    picture(page, "closed")
