"""A notebook that ran without a browser and is exported to HTML shows every view as a picture, a table or a text."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

CELLS = {
    "demo": "import asyncio\nimport workbench as wb\ncluster = await wb.demo(rate=20, history_s=60)",
    "tail": 'tail = cluster.tail("onex.dev.*", start="-20", height=200)\ntail',
    "capture": 'snap = await cluster.capture("onex.dev.*", start="start", into="export.duckdb")\nsnap',
    "trace": """
flow = snap.sql("select correlation_id from events where event_type = 'workflow.completed' limit 1")
trace = snap.trace(correlation_id=flow["correlation_id"].iloc[0])
trace""",
    "graph": "trace.show()",
    "lag": "(await cluster.lag()).show()",
    "watch": 'watch = cluster.watch_lag("onex.dev.*", interval_s=0.2)\nwatch',
    "panel": "panel = cluster.panel(await cluster.plan(snap.replay(trace)))\npanel",
    "describe": "snap.describe()",
    "rate": "snap.rate().plot()",
    "figure": 'snap.rate("topic").figure()',
    "samples": "while watch.feed.version < 3:\n    await asyncio.sleep(0.05)\nwatch.figure()",
    "end": "snap.close()\nawait cluster.aclose()",
}
VIEW = "application/vnd.jupyter.widget-view+json"
IMAGE = re.compile(r'src="data:image/svg\+xml;base64,([^"]+)"')
MOST_BYTES = 1_500_000
"""Of the page: nbconvert's own styles are 290 kB of it, the state and the scripts of the widgets most of the rest."""
SHOWN = {
    "tail": (("<td",), ("read, ", "closed")),
    "capture": (("<table", "done · "), ("onex.dev.task_events",)),
    "trace": (("<pre",), ("workflow.created", "└─")),
    "graph": (("<img", "<table"), ("workflow.created", "events shown")),
    "lag": (("<img", "<table"), ("group", "onex.dev.")),
    "watch": (("<img", "<table"), ("Newest sample", "closed")),
    "panel": (("<table", "nothing has been sent"), ("Plan", "token")),
    "describe": (("<table",), ("onex.dev.task_events",)),
    "rate": (("<img", "<table"), ("task.started",)),
    "figure": (("<img", "<table"), ("onex.dev.task_events",)),
    "samples": (("<img", "<table"), ("Newest sample",)),
}
"""Of each cell: parts of its HTML, and of its text, which is what a difference of two notebooks shows."""


def execute(folder: Path) -> NotebookNode:
    """Run as ``jupyter nbconvert --execute`` and papermill do, which keep the state of widgets."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS.values()])
    place = {"metadata": {"path": str(folder)}}
    return NotebookClient(made, kernel_name="python3", timeout=120, resources=place).execute()


def outputs(notebook: NotebookNode, name: str) -> list[NotebookNode]:
    cell = notebook.cells[list(CELLS).index(name)]
    return [output.data for output in cell.outputs]


def pictures(html: str) -> list[str]:
    """Texts of the images, each of which is a whole XML document."""
    documents = [base64.b64decode(found) for found in IMAGE.findall(html)]
    return [" ".join(ET.fromstring(document).itertext()) for document in documents]  # noqa: S314 - ours


@pytest.mark.notebook
@pytest.mark.timeout(240)
def test_every_view_has_a_picture_or_a_table_and_a_text(tmp_path: Path) -> None:
    notebook = execute(tmp_path)
    for name, (html, texts) in SHOWN.items():
        found = outputs(notebook, name)
        shown = "".join(data.get("text/html", "") for data in found)
        plain = "\n".join(data["text/plain"] for data in found)
        for part in html:
            assert part in shown, (name, shown)
        for part in texts:
            assert part in plain, (name, plain)
        assert "<script" not in shown
        assert "Waiting for the first sample" not in plain
        assert all(data["text/plain"] or VIEW in data for data in found)
    check_page(notebook)


def check_page(notebook: NotebookNode) -> None:
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert page.count("workbench-still wb-still-") == 5
    drawn = pictures(page)
    assert len(drawn) == 6
    for words in ("root", "events per", "readable", "lag "):
        assert any(words in text for text in drawn), words
    assert len(page) < MOST_BYTES
    # Nothing of ours is fetched: the addresses in the page are those of nbconvert itself.
    ours = "".join(data.get("text/html", "") for name in CELLS for data in outputs(notebook, name))
    assert re.findall(r"https?://(?!www\.w3\.org)[^\s\"'<]+", ours) == []
