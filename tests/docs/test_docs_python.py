"""The Python blocks of README and docs run, each in a folder of its own, against an embedded cluster with traffic."""

from __future__ import annotations

import ast
import re
import uuid
from inspect import CO_COROUTINE
from typing import TYPE_CHECKING, Any

import pytest
from framed_values import ORDER, ORDER_2
from project_docs import blocks
from registry_server import serving

import workbench as wb
from workbench.widgets import Explorer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

EXAMPLE = '"be9f0e35"'
"""The token of a plan depends on its run; the pages show an example."""
EVENT = """
    SELECT event_id, correlation_id FROM events WHERE event_type = 'workflow.created' AND correlation_id IN
    (SELECT correlation_id FROM events WHERE event_type = 'workflow.completed') ORDER BY event_time LIMIT 1
"""


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """An embedded cluster that holds what the pages name: the demo's topics and a target for replays."""
    address = f"memory://docs-{uuid.uuid4().hex[:8]}"
    async with await wb.demo(address, history_s=120, live=False) as cluster:
        await cluster.log.create_topic("orders.replay", partitions=12)
        yield address


@pytest.fixture
def registry() -> Iterator[str]:
    """A schema registry with the subject that the pages name, in two versions."""
    with serving() as server:
        server.add("orders-value", ORDER)
        server.add("orders-value", ORDER_2)
        yield server.url


@pytest.fixture
async def names(address: str, tmp_path: Path) -> dict[str, str]:
    """An event and its correlation id, as a reader would have found them, and a snapshot that was sent."""
    async with await wb.connect(address) as cluster:
        with await cluster.capture("onex.dev.*", into=tmp_path / "incident.duckdb", progress=False) as snap:
            row = snap.sql(EVENT).iloc[0]
    return {"event_id": row["event_id"], "correlation_id": row["correlation_id"]}


def made_runnable(text: str, address: str, names: dict[str, str]) -> str:
    """Put in what a reader would put in: an address, an id in place of "…", the token that the plan shows."""
    text = text.replace('"kafka://localhost:9092"', repr(address)).replace('"kafka://127.0.0.1:9092"', repr(address))
    text = text.replace(EXAMPLE, "plan.token")
    text = re.sub(r'correlation_id="…"', f"correlation_id={names['correlation_id']!r}", text)
    text = text.replace('"…"', repr(names["event_id"]))
    assert "…" not in text, "this placeholder is not known to the test"
    return text


async def run(text: str, scope: dict[str, Any]) -> None:
    code = compile(text, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, scope)  # noqa: S307 - blocks of our own pages
    if code.co_flags & CO_COROUTINE:
        await result


@pytest.mark.parametrize("block", blocks("python"), ids=str)
async def test_python_blocks_run(*, block, address, registry, names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ADDRESS", address)
    scope: dict[str, Any] = {"__name__": "block", "wb": wb}
    try:
        text = block.text.replace("http://localhost:8081", registry)
        await run(made_runnable(text, address, names), scope)
    finally:
        for value in scope.values():
            if isinstance(value, Explorer):
                value.close()
                await value.cluster.aclose()
            elif isinstance(value, wb.Cluster):
                await value.aclose()
            elif isinstance(value, wb.Snapshot):
                value.close()
