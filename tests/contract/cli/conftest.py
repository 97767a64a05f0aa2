"""A topic with odd records on a real Kafka, and the commands as they are typed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from workbench.bus import open_log
from workbench.cli import application
from workbench.model import NewRecord, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = b"<img src=x onerror=alert(1)>\x1b[31m"
RECORDS = [
    (b"k0", b'{"event_id": "e0", "correlation_id": "flow-1", "type": "placed", "causation_id": null}'),
    (b"k1", b'{"event_id": "e1", "correlation_id": "flow-1", "type": "paid", "causation_id": "e0"}'),
    (b"k2", b"\xff\xfe not text"),
    (b"k3", None),
    (b"k4", HOSTILE),
]


@pytest.fixture
async def topic(kafka_address: str, topic_name: Callable[..., str]) -> str:
    name = topic_name("cli")
    async with open_log(kafka_address) as log:
        await log.create_topic(name)
        async with log.writer() as writer:
            await writer.send([NewRecord(name, key, value, ((b"h", None),), 0) for key, value in RECORDS])
        await log.commit_offsets(f"{name}-group", {TopicPartition(name, 0): 2})
    return name


@pytest.fixture
def run(kafka_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process, which costs no start of Python; an error that it lets through fails the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_ADDRESS", f"kafka://{kafka_address}")

    def command(*words: str, **changed: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["workbench", *words])
        result = CliRunner().invoke(application(), words, env=changed, prog_name="workbench")
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    return command
