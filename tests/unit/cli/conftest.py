"""A cluster in memory that outlives each command, and a way to run commands on it."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from workbench.bus.memory import MemoryLog
from workbench.cli import application
from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RECORDS = [
    (b"k0", b'{\n  "event_id": "e0", "correlation_id": "flow-1", "type": "placed"\n}', ((b"h", b"x"),)),
    (b"\xff", b"\x08\x00\xfe", ((b"n", None),)),
    (None, b"", ()),
    (b"t", None, ()),
    (b"r", "abc\u202egpj.exe\x1b[31m\x9b".encode(), ()),
]


@pytest.fixture
def fill() -> Callable[..., str]:
    """Make an embedded cluster with topics and records; the address is returned."""
    name = f"cli-{uuid.uuid4().hex[:8]}"

    def make(topics: dict[str, Sequence[NewRecord]]) -> str:
        async def write() -> None:
            async with MemoryLog(name, keep=True) as log:
                for topic, records in topics.items():
                    await log.create_topic(topic, partitions=2)
                    async with log.writer() as writer:
                        await writer.send(records)

        asyncio.run(write())
        return f"memory://{name}"

    return make


@pytest.fixture
def address(fill) -> str:
    """A cluster whose topic ``orders`` holds `RECORDS` in partition 0."""
    return fill({"orders": [NewRecord("orders", key, value, headers, 0) for key, value, headers in RECORDS]})


@pytest.fixture
def run(monkeypatch, tmp_path) -> Callable[..., Result]:
    """Run a command; an error that it lets through fails the test, because a user would see a traceback."""
    monkeypatch.chdir(tmp_path)

    def command(*words: str, **options: object) -> Result:
        result = CliRunner().invoke(application(words[0]), words, prog_name="workbench", **options)
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    return command


@pytest.fixture
def snapshot(run, address) -> str:
    """A snapshot of the topic."""
    assert run("capture", "orders", "-b", address, "--into", "a.duckdb").exit_code == 0
    return "a.duckdb"
