"""What commands load against a real Kafka: each module that they have no use for would be a part of their start."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from workbench.bus import open_log
from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]

RUN = """
import atexit, sys
from workbench.cli import main
sys.argv[0] = "workbench"
atexit.register(lambda: print("loaded", *sys.modules))
main()
"""
NOWHERE = {"pandas", "plotly", "pydantic", "IPython", "httpx", "rich", "pyarrow.compute", "opentelemetry.sdk"}
SUBJECTS = {
    f"workbench.{name}" for name in ("widgets", "tracing", "lag", "replay", "live", "eventbus", "acts", "report")
}
COMMANDS = {
    "topics": (["topics", "TOPIC"], {"numpy", "pyarrow", "duckdb", "workbench.store", "workbench.decoding"}),
    "capture": (["capture", "TOPIC", "--into", "FILE"], set[str]()),
}


@pytest.fixture
async def topic(kafka_address: str, topic_name: Callable[..., str]) -> str:
    name = topic_name("starts")
    async with open_log(kafka_address) as log:
        await log.create_topic(name)
        async with log.writer() as writer:
            await writer.send([NewRecord(name, b"k", b'{"event_id": "e", "type": "placed"}', (), 0)])
    return name


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_what_it_needs(command: str, topic: str, kafka_address: str, tmp_path: Path) -> None:
    words, more = COMMANDS[command]
    given = {"TOPIC": topic, "FILE": str(tmp_path / "a.duckdb")}
    line = [sys.executable, "-c", RUN, *(given.get(word, word) for word in words), "-b", kafka_address]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.rpartition("loaded ")[2].split())
    assert topic in done.stdout
    assert loaded & (NOWHERE | SUBJECTS | more) == set()
