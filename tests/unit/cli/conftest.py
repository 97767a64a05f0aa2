"""A cluster in memory that outlives each command, and a way to run commands on it."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from workbench.bus.memory import MemoryLog
from workbench.cli import application
from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RECORDS = [
    (b"k0", b'{\n  "event_id": "e0", "correlation_id": "flow-1", "type": "placed"\n}', ((b"h", b"x"),)),
    (b"\xff", b"\x08\x00\xfe", ((b"n", None),)),
    (None, b"", ()),
    (b"t", None, ()),
    (b"r", "abc\u202egpj.exe\x1b[31m\x9b".encode(), ()),
]


ORDERS = {"orders": [NewRecord("orders", key, value, headers, 0) for key, value, headers in RECORDS]}


def filled(topics: dict[str, Sequence[NewRecord]]) -> str:
    """Make an embedded cluster with topics and records; the address is returned."""
    name = f"cli-{uuid.uuid4().hex[:8]}"

    async def write() -> None:
        async with MemoryLog(name, keep=True) as log:
            for topic, records in topics.items():
                await log.create_topic(topic, partitions=2)
                async with log.writer() as writer:
                    await writer.send(records)

    asyncio.run(write())
    return f"memory://{name}"


@pytest.fixture
def fill() -> Callable[..., str]:
    return filled


@pytest.fixture
def address() -> str:
    """A cluster whose topic ``orders`` holds `RECORDS` in partition 0."""
    return filled(ORDERS)


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


@pytest.fixture(scope="session")
def captured(tmp_path_factory) -> Path:
    """The folder of a snapshot of such a topic; not to be changed."""
    folder: Path = tmp_path_factory.mktemp("captured")
    command = ["capture", "orders", "-b", filled(ORDERS), "--into", str(folder / "a.duckdb")]
    assert CliRunner().invoke(application("capture"), command).exit_code == 0
    return folder


@pytest.fixture
def snapshot(run, captured, request) -> str:
    """A snapshot of the topic: of the test's own cluster where it has one, else a copy."""
    if "address" in request.fixturenames:
        assert run("capture", "orders", "-b", request.getfixturevalue("address"), "--into", "a.duckdb").exit_code == 0
    else:
        shutil.copytree(captured, ".", dirs_exist_ok=True)
    return "a.duckdb"
