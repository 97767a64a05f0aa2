from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect
from stage import lowest_contrast

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk, Watch
    from lab import Lab, Notebook
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NOTE_PAUSE = """
import json, os, psutil
from pathlib import Path

def sent():
    return tail._flow.sent, explorer.view._flow.sent, tail.stats.total

async def note_pause():
    while tail.stats.state != "paused" or explorer.view._flow.attached:
        await asyncio.sleep(0.05)
    before, process = sent(), psutil.Process()
    used, turns, end = process.memory_info().rss, 0, asyncio.get_running_loop().time() + 2
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.02)
        turns += 1
    note = {"before": before, "after": sent(), "turns": turns, "grown": process.memory_info().rss - used}
    Path("paused.tmp").write_text(json.dumps(note))
    Path("paused.tmp").rename("paused.json")

def tasks_of_views():
    return [name for name in cluster.tasks.running if " pump" in name or "memory://" in name]

_ = await cluster.tasks.start("note", note_pause())
"""
"""The page is closed and cannot be asked when the views stop, five seconds after the last answer of a browser."""
CLUSTER = """
import workbench as wb
# Small, because the bus is in this kernel, whose memory is watched.
name = f"closing-{uuid.uuid4()}"
log = MemoryLog(name, max_bytes=8 << 20)
await log.__aenter__()
await log.create_topic("orders", partitions=3)
cluster = await wb.connect(f"memory://{name}")

async def ends():
    return sum((await log.offsets(partitions, "latest", isolation="read_uncommitted")).values())

from workbench.model import TopicPartition
partitions = [TopicPartition("orders", number) for number in range(3)]
tail = cluster.tail("orders", start="start")
tail
"""
EXPLORED = ".wb-explorer [role=grid][aria-label={}] .wb-body [role=row]:not([hidden])"
DIES = """async () => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const restarted = new Promise((resolve) => kernel.statusChanged.connect((_, status) => {
    if (status.endsWith('restarting')) resolve();
  }));
  kernel.requestExecute({ code: 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)' });
  await restarted;
}"""

PRODUCE = """
import asyncio, uuid
from workbench.bus.memory import MemoryLog
from workbench.model import NewRecord

async def produce(rate, seconds):
    async with log.writer() as writer:
        number = 0
        for turn in range(int(seconds * 20)):
            records = []
            for _ in range(max(rate // 20, 1)):
                number += 1
                records.append(NewRecord("orders", partition=number % 3, key=f"key-{number}".encode(),
                    value=b'{"order": %d, "note": "<b>bold</b>"}' % number, headers=((b"h", b"v"),)))
            await writer.send(records)
            await asyncio.sleep(0.05)
"""
TAIL = f"""{PRODUCE}
from workbench.live.tail import TailFeed
from workbench.model import Span
from workbench.tasks import Supervisor
from workbench.widgets import LiveTail

tasks = Supervisor()
log = MemoryLog(f"journey {{uuid.uuid4()}}")
await log.__aenter__()
await log.create_topic("orders", partitions=3)
spans = [Span("orders", partition, 0, None) for partition in range(3)]
feed = TailFeed(log, spans, name="orders", supervisor=tasks).start()
tail = LiveTail(feed, supervisor=tasks)
tail
"""


def eventually(read: Callable[[], str], *, seconds: float) -> str:
    """Read a file once it is there."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return read()
        except FileNotFoundError:
            assert time.monotonic() < limit, f"it was not written within {seconds:g} s"
            time.sleep(0.1)


def test_a_tail_streams_is_clicked_filtered_and_looks_right(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(TAIL, "_ = await tasks.start('produce', produce(400, 600))")
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 10")
    expect(page.locator(".wb-figures")).to_contain_text("live")
    assert page.locator(".wb-tail b").count() == 0
    page.get_by_role("button", name="Pause").click()
    shown.until("tail.follow", "False")
    page.get_by_role("grid").get_by_role("row").nth(15).click()
    page.get_by_role("grid").get_by_role("row").nth(17).click(modifiers=["Shift"])
    shown.until("len(tail.selected), tail.follow", "3 False")
    expect(page.locator("[role=row][aria-selected=true]")).to_have_count(3)
    offsets = page.locator("[role=row][aria-selected=true] > :nth-child(4)").all_inner_texts()
    shown.until("sorted(str(i.offset) for i in tail.selected)", str(sorted(offsets)))
    for theme in ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"):
        shown.theme(theme)
        picture(page, theme.replace(" ", "-"))
        ratio, text = lowest_contrast(page, ".wb-tail")
        assert ratio >= 4.5, f"{theme}: {text} {ratio}"
    page.get_by_role("textbox", name="Filter").fill("where partition = 1")
    shown.until("tail.filter", "where partition = 1")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.wb-tail .wb-body [role=row]')].filter((row) => !row.hidden)"
        ".every((row) => ['1', ''].includes(row.children[2].textContent))",
    )
    page.get_by_role("button", name="Follow").click()
    shown.until("tail.follow, len(tail.selected)", "True 3")
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Record")).to_contain_text('"note": "<b>bold</b>"')
    page.get_by_role("button", name="Stop reading").click()
    shown.until("feed.stats.state", "stopped")
    assert shown.kernel("print([f.name for f in tasks.failures])") == "[]"
    shown.kernel("await tasks.aclose()\nawait log.aclose()")


def test_a_reload_brings_the_view_back_and_a_restart_is_said(
    desk: Desk, notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(TAIL, "_ = await tasks.start('produce', produce(400, 600))")
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 10")
    shown.save()
    desk.open(shown.name)
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 10")
    before = page.locator(".wb-figures").inner_text()
    expect(page.locator(".wb-figures")).not_to_have_text(before)
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(page.locator(".wb-tail [role=alert]")).to_contain_text("No news from the kernel since", timeout=60_000)
    picture(page, "restarted")


@pytest.mark.usefixtures("replaced_views")
def test_a_closed_tab_is_noticed_and_nothing_is_sent_to_nobody(
    kernels: Lab, lab_page: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    explore = "explorer = cluster.explore(height=200)\nexplorer"
    start = "_ = await cluster.tasks.start('produce', produce(20_000, 600))"
    name = kernels.write(PRODUCE, CLUSTER, explore, NOTE_PAUSE, start)
    page = lab_page()
    first = kernels.open(page, name, workspace="closing")
    first.run_all()
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 10")
    page.locator(EXPLORED.format("Topics"), has_text="orders").dblclick()
    page.locator(EXPLORED.format("Messages"), has_text="key-").first.click()
    first.until("explorer.record.startswith('orders/')", "True")
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("Where (SQL)").fill("payload->>'note' = 'none'")
    page.get_by_label("From", exact=True).fill("start")
    page.get_by_role("button", name="Search", exact=True).click()
    first.until("explorer.feed.search._running or explorer.feed.search.found is not None", "True")
    state = first.kernel("print(explorer.topic, explorer.record, tasks_of_views())")
    first.save()
    server = psutil.Process(kernels.process.pid)
    server_before = server.memory_info().rss
    page.close()
    note = json.loads(eventually((kernels.root / "paused.json").read_text, seconds=60))
    # Messages to a closed tab would stay in the memory of the server, and rows that nobody sees in that of the kernel.
    assert note["before"] == note["after"]
    grown = server.memory_info().rss - server_before
    assert grown < 10 << 20, f"the server grew by {grown >> 20} MB"
    assert note["grown"] < 10 << 20, f"the kernel grew by {note['grown'] >> 20} MB"
    assert note["turns"] > 20, "the kernel stalled"
    again = kernels.open(lab_page(), name, workspace="returning")
    page = again.page
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 10")
    expect(page.locator(".wb-tail .wb-figures")).to_contain_text("live")
    expect(page.get_by_role("tab", name="Search")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".wb-explorer")).to_contain_text("0 records found, where payload->>'note' = 'none'. complete")
    again.until("explorer.topic, explorer.record, tasks_of_views()", state)
    again.kernel("cluster.tasks.cancel('produce')")
    again.until("tail.stats.behind, tail.stats.held + tail.stats.dropped == await ends()", "0 True")
    assert int(again.kernel("print(tail.stats.dropped)")) > 0
    figures = again.kernel("print(f'{tail.stats.total:,}', f'{tail.stats.dropped:,}')").split()
    for figure in figures:
        expect(page.locator(".wb-tail .wb-figures")).to_contain_text(figure)
    picture(page, "returned")
    page.evaluate(DIES)
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    page.get_by_role("tab", name="Groups").click()
    expect(page.locator(".wb-explorer")).to_contain_text("The kernel cannot be reached")
    picture(page, "killed")


def test_hostile_records_run_nowhere_and_the_detector_works(notebook: Callable[..., Notebook], watch: Watch) -> None:
    shown = notebook(
        TAIL,
        """
from widget_feeds import HOSTILE
raw = HOSTILE.encode()
async with log.writer() as writer:
    await writer.send([NewRecord("orders", partition=0, key=raw, value=raw, headers=((raw, raw),))])
limit = asyncio.get_running_loop().time() + 60
while feed.stats.total < 1:
    assert asyncio.get_running_loop().time() < limit, f"{feed.stats}, failures {tasks.failures}"
    await asyncio.sleep(0.02)
""",
        "tail.snapshot()",
    )
    page = shown.page
    page.wait_for_function("() => document.querySelectorAll('.wb-tail .wb-body [role=row]:not([hidden])').length > 0")
    page.get_by_role("gridcell").first.dblclick()
    expect(page.get_by_role("region", name="Record")).to_contain_text("onerror")
    expect(page.locator(".workbench-snapshot:visible")).to_contain_text("<img src=x onerror")
    assert page.evaluate("() => window.fired") is None
    assert watch.dialogs == []
    watch.expected_dialogs, watch.expected_errors = 1, ("Failed to load resource",)
    page.evaluate(
        "(code) => { const n = jupyterapp.shell.currentWidget; n.content.activeCellIndex = 2;"
        " n.content.activeCell.model.sharedModel.setSource(code);"
        " return jupyterapp.commands.execute('notebook:run-cell') }",
        "from IPython.display import HTML, display\ndisplay(HTML(HOSTILE))",
    )
    page.wait_for_function("() => window.fired === 1")
    shown.kernel("await tasks.aclose()\nawait log.aclose()")
