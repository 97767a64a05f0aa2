"""The explorer in JupyterLab, Notebook 7 and Voila: from topics to a message and its trace; life and death."""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from lab import PRIVATE, reachable
from marked_secrets import HIDDEN, clean
from nbconvert import HTMLExporter
from playwright.sync_api import expect
from stage import lowest_contrast

from workbench.bus.kafka.local.ports import free_port
from workbench.machine.dashboard import dashboard_command, dashboard_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Watch
    from lab import Lab, Notebook
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CONNECT = """
import json, uuid
import workbench as wb
from workbench.model import NewRecord, TopicPartition
cluster = await wb.connect(f"memory://explorer-{uuid.uuid4().hex[:8]}", write=True, reason="test")

def event(topic, number, cause=None):
    value = {"specversion": "1.0", "id": f"e{number}", "type": f"step.{number}", "source": "/shop",
        "correlationid": f"flow-{number // 3}", "data": {"amount": 12.50, "big": 9007199254740993,
        "note": "<img src=x onerror=window.fired=1>"}}
    if cause is not None:
        value["causationid"] = f"e{cause}"
    return NewRecord(topic, f"k{number}".encode(), json.dumps(value).encode(), ((b"trace", b"<b>x</b>"),), number % 2)

await cluster.log.create_topic("orders", partitions=2)
await cluster.log.create_topic("payments", partitions=2)
async with cluster.log.writer() as writer:
    for number in range(300):
        cause = None if number % 3 == 0 else number - 1
        await writer.send([event("orders" if number % 3 != 1 else "payments", number, cause)])
await cluster.log.commit_offsets("billing", {TopicPartition("orders", 0): 5, TopicPartition("orders", 1): 99})
"""
EXPLORE = "explorer = cluster.explore(height=260)\nexplorer"


def rows(page: Page, grid: str) -> str:
    return f".wb-explorer [role=grid][aria-label={grid}] .wb-body [role=row]:not([hidden])"


def test_from_topics_to_a_trace(notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]) -> None:
    shown = notebook(CONNECT, EXPLORE)
    page = shown.page
    page.set_default_timeout(15_000)
    page.locator(rows(page, "Topics"), has_text="orders").dblclick()
    expect(page.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")
    message = page.locator(rows(page, "Messages"), has_text="step.299")
    message.click()
    shown.until("explorer.topic, explorer.record", "orders orders/1@99")
    picture(page, "messages")
    page.get_by_role("tab", name="Value").click()
    expect(page.get_by_role("tree")).to_contain_text("big: 9007199254740993")
    expect(page.get_by_role("tree")).to_contain_text("amount: 12.5")
    page.get_by_role("searchbox").fill("onerror")
    expect(page.locator(".wb-found")).to_have_count(1)
    page.get_by_role("tab", name="Bytes").click()
    expect(page.locator(".wb-explorer pre").nth(1)).to_contain_text("00000000  7b 22")
    page.get_by_role("tab", name="Record").click()
    page.get_by_role("button", name="Trace", exact=True).click()
    expect(page.get_by_role("tab", name="Traces")).to_have_attribute("aria-selected", "true")
    expect(page.locator(rows(page, "Traces"))).to_have_count(3)
    tree = page.get_by_role("region", name="Tree")
    expect(tree).to_contain_text("step.298 e298  /shop  payments/0@49")
    assert tree.evaluate("(pre) => getComputedStyle(pre).whiteSpace") == "pre", "lines of a tree are never broken"
    picture(page, "traces")
    page.get_by_role("button", name="Draw the graph").click()
    expect(page.locator(".wb-graph svg, .wb-causation svg, svg [role=button]").first).to_be_visible()
    page.get_by_role("tab", name="Explain").click()
    expect(page.locator(".wb-explorer")).to_contain_text("billing")
    picture(page, "explain")
    page.get_by_role("tab", name="Groups").click()
    page.get_by_role("button", name="Read groups").click()
    page.locator(rows(page, "Groups"), has_text="billing").click()
    expect(page.locator(".wb-explorer")).to_contain_text("Lag by partition")
    page.get_by_role("tab", name="Topic", exact=True).click()
    page.get_by_label("Count from").fill("start")
    page.get_by_role("button", name="Count statistics").click()
    expect(page.locator(".wb-explorer")).to_contain_text("Schema by example")
    picture(page, "topic")
    assert page.evaluate("() => window.fired") is None
    shown.until("len(cluster.tasks.failures)", "0")
    shown.kernel("await cluster.aclose()")
    expect(page.locator(".wb-explorer")).to_contain_text("closed, because the cluster was closed")


def test_a_search_the_themes_and_an_act(
    notebook: Callable[..., Notebook], picture: Callable[[Page, str], None]
) -> None:
    shown = notebook(CONNECT, EXPLORE)
    page = shown.page
    page.set_default_timeout(15_000)
    expect(page.locator(rows(page, "Topics"))).to_have_count(2)
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("Topics", exact=True).fill("orders payments")
    page.get_by_label("Where (SQL)").fill("event_type = 'step.100'")
    page.get_by_label("From", exact=True).fill("start")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(rows(page, "Search"))).to_have_count(1)
    expect(page.locator(".wb-explorer")).to_contain_text("complete: 300 records in 4 partitions searched")
    picture(page, "search")
    page.get_by_label("Where (SQL)").fill("nowhere = 1")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".wb-explorer .wb-failure:visible")).to_contain_text("The condition cannot be read")
    for theme in ("Dark", "Light"):
        shown.theme(f"JupyterLab {theme}")
        ratio, text = lowest_contrast(page, ".wb-explorer")
        assert ratio >= 4.5, text
        picture(page, theme.lower())
    shown.until("explorer.feed.search.found is None, len(cluster.tasks.failures)", "True 0")
    page.get_by_role("tab", name="Acts").click()
    page.get_by_label("Act", exact=True).select_option("create topic")
    page.get_by_label("Topic", exact=True).fill("made-here")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator(".wb-explorer")).to_contain_text("Plan: create topic made-here")
    picture(page, "act")
    confirm = page.get_by_label("Type the name of the target to run")
    confirm.fill("made-her")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator(".wb-explorer .wb-failure:visible")).to_contain_text("was typed")
    confirm.fill("made-here")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator(".wb-explorer")).to_contain_text("made-here: done")
    shown.until("'made-here' in await cluster.log.topic_names()", "True")
    shown.kernel("await cluster.aclose()")


SECRETS = """
import os, uuid
from pathlib import Path
import workbench as wb
from marked_secrets import SETTINGS, records
Path("masking.toml").write_text(SETTINGS)
os.environ |= {"WORKBENCH_CONFIG": str(Path("masking.toml").absolute()), "MASKING_SALT": "a long enough salt"}
cluster = await wb.connect(f"memory://secrets-{uuid.uuid4().hex[:8]}", write=True, reason="test")
del os.environ["WORKBENCH_CONFIG"]
await cluster.log.create_topic("payments")
async with cluster.log.writer() as writer:
    await writer.send(records())
snap = await cluster.capture("payments", into="secrets.duckdb")
snap.report("secrets.html")
"""
SHOWN = (
    "await cluster.search('payments', start='start', where='\"offset\" >= 0')",
    "snap.events()",
    "snap.describe()",
    "snap.trace(correlation_id=str(uuid.UUID(int=99))).show()",
    "cluster.panel(await cluster.plan(snap.replay('true'), to='payments'))",
    "cluster.tail('payments', start='start', height=120)",
)


@pytest.mark.usefixtures("replaced_views")
def test_a_saved_notebook_holds_no_secret(notebook: Callable[..., Notebook], lab: Lab) -> None:
    shown = notebook(SECRETS, *SHOWN, EXPLORE)
    page = shown.page
    page.set_default_timeout(15_000)
    page.locator(rows(page, "Topics"), has_text="payments").dblclick()
    expect(page.locator(rows(page, "Messages")).nth(7)).to_contain_text("payment.taken")
    for place in (0, 4, 5, 6):  # an event, a text, a JSON that is cut off, bytes
        page.locator(rows(page, "Messages")).nth(7 - place).click()
        shown.until("explorer.record", f"payments/0@{place}")
        for tab in ("Value", "Bytes", "Record"):
            page.get_by_role("tab", name=tab).click()
    page.get_by_role("tab", name="Explain").click()
    page.get_by_role("button", name="Explain this record").click()
    page.get_by_role("tab", name="Topic", exact=True).click()
    page.get_by_label("Count from").fill("start")
    page.get_by_role("button", name="Count statistics").click()
    expect(page.locator(".wb-explorer")).to_contain_text("Schema by example")
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("From", exact=True).fill("start")
    # In small letters, which find the same: pictures may show what was typed.
    page.get_by_label("Words").fill(HIDDEN.lower())
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".wb-explorer")).to_contain_text("0 records found, words")
    page.get_by_label("Words").fill("payment")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(rows(page, "Search"))).to_have_count(4)
    shown.kernel("explorer.still.update(now=True)")
    shown.save()
    path = lab.root / shown.name
    exported, _ = HTMLExporter().from_filename(str(path))
    assert "payment.taken" in exported
    saved = path.read_text()
    pictures = [b64decode(found) for found in re.findall(r"data:image/svg\+xml;base64,([\w+/]+=*)", saved)]
    assert pictures
    clean(saved, exported, page.content(), (lab.root / "secrets.html").read_text(), *pictures)
    shown.kernel("await cluster.aclose()")


@pytest.mark.usefixtures("replaced_views")
def test_a_reload_brings_it_back_and_a_picture_stays_when_the_kernel_restarts(
    notebook: Callable[..., Notebook],
) -> None:
    shown = notebook(CONNECT, EXPLORE)
    page = shown.page
    expect(page.locator(rows(page, "Topics"))).to_have_count(2)
    shown.kernel(
        "await explorer.select('orders')\nawait explorer.select('orders/0@7')\nexplorer.still.update(now=True)"
    )
    expect(page.locator(".wb-explorer")).to_contain_text("record orders/0@7")
    still = page.locator(".workbench-still")
    expect(still).to_be_hidden()
    shown.save()
    page.reload()
    expect(page.locator(".wb-explorer")).to_contain_text("record orders/0@7", timeout=60_000)
    expect(page.locator(rows(page, "Topics"))).to_have_count(2)
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    shown.save()
    page.reload()
    expect(still).to_be_visible(timeout=60_000)
    expect(still).to_contain_text("orders/0@7")
    assert page.locator(".workbench-still b, .workbench-still img").count() == 0


def look_around(page: Page) -> None:
    """From topics to a message and its value; a search; no act where visitors may click."""
    page.locator(rows(page, "Topics"), has_text="orders").dblclick()
    page.locator(rows(page, "Messages"), has_text="step.299").click()
    page.get_by_role("tab", name="Value").click()
    expect(page.get_by_role("tree")).to_contain_text("big: 9007199254740993")
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("Where (SQL)").fill("event_type = 'step.9'")
    page.get_by_label("From", exact=True).fill("start")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(rows(page, "Search"))).to_have_count(1)


def test_notebook_7(
    kernels: Lab, lab_page: Callable[..., Page], watch: Watch, picture: Callable[[Page, str], None]
) -> None:
    # What Notebook 7.6 itself says, on the page of an empty notebook too.
    watch.expected_errors = ("(reading 'schema')", "Command 'filebrowser:open-path' not registered")
    page = lab_page()
    page.goto(f"{kernels.url}/notebooks/{kernels.write(CONNECT, EXPLORE)}?token={kernels.token}")
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    look_around(page)
    expect(page.get_by_role("tab", name="Acts")).to_be_visible()
    picture(page, "notebook")


@pytest.fixture
def dashboard(kernels: Lab, tmp_path: Path) -> Iterator[str]:
    """The address of a page that ``workbench dashboard`` serves."""
    name, port = kernels.write(CONNECT, EXPLORE), free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    for variable in PRIVATE:
        (tmp_path / variable).mkdir()
        environment[variable] = str(tmp_path / variable)
    command = dashboard_command(kernels.root / name, port=port, browser=False)
    log = tmp_path / "voila.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=dashboard_environment(environment), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        reachable(f"http://127.0.0.1:{port}/voila/static/", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_voila(dashboard: str, lab_page: Callable[..., Page], picture: Callable[[Page, str], None]) -> None:
    page = lab_page()
    page.goto(dashboard)
    look_around(page)
    assert page.get_by_role("tab", name="Acts").count() == 0
    picture(page, "voila")
