"""Wall time of commands against kcat: ``workbench topics`` and ``kcat -L``, ``tail -J`` and ``kcat -C -J``."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time

import pytest

from workbench.bus import open_log
from workbench.model import NewRecord

RECORDS, ROUNDS = 20_000, 5
WORKBENCH = [sys.executable, "-m", "workbench"]
pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(300)]


async def fill(address: str, topic: str) -> None:
    async with open_log(address) as log:
        await log.create_topic(topic)
        async with log.writer() as writer:
            for start in range(0, RECORDS, 2_000):
                await writer.send([_order(topic, number) for number in range(start, start + 2_000)])


def _order(topic: str, number: int) -> NewRecord:
    value = json.dumps({"id": number, "total": number * 1.5, "name": "Jürgen", "items": [1, 2, 3]}).encode()
    return NewRecord(topic, b"k%d" % number, value, ((b"type", b"order.placed"),), 0)


def seconds(command: list[str], lines: int | None = None) -> float:
    """The best wall time of a few runs, the start of the process included."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
        best = min(best, time.perf_counter() - begun)
        assert lines is None or done.stdout.count(b"\n") == lines
    return best


def test_tail_as_json(benchmark, topic_name, kafka_address):
    topic = topic_name("bench-cli")
    asyncio.run(fill(kafka_address, topic))
    ours = [*WORKBENCH, "tail", topic, "-b", kafka_address, "-J", "-o", "start", "-e"]
    kcat = seconds(["kcat", "-C", "-J", "-q", "-e", "-o", "beginning", "-t", topic, "-b", kafka_address], RECORDS)
    taken = benchmark.pedantic(seconds, args=(ours, RECORDS), rounds=1)
    benchmark.extra_info.update(
        records=RECORDS, seconds=round(taken, 3), kcat_s=round(kcat, 3), ratio=round(taken / kcat, 2)
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


def test_topics(benchmark, topic_name, kafka_address):
    topic = topic_name("bench-cli")
    asyncio.run(fill(kafka_address, topic))
    kcat = seconds(["kcat", "-L", "-b", kafka_address])
    taken = benchmark.pedantic(seconds, args=([*WORKBENCH, "topics", topic, "-b", kafka_address],), rounds=1)
    benchmark.extra_info.update(seconds=round(taken, 3), kcat_s=round(kcat, 3), ratio=round(taken / kcat, 2))
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


STARTS = {
    "topics": ["topics", "TOPIC"],
    "capture": ["capture", "TOPIC", "--into", "FILE"],
    "lag": ["lag", "-t", "TOPIC"],
    "tail": ["tail", "TOPIC", "-e"],
}


def processor_seconds(command: list[str]) -> float:
    """The least processor time of a few runs, by the process and in the system for it."""
    least = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


@pytest.mark.parametrize("command", STARTS)
def test_a_start(benchmark, topic_name, kafka_address, tmp_path, command):
    """Targets: 0.5 s of wall time for a capture of nothing, 0.35 s of processor time for ``topics``."""
    topic = topic_name("bench-start")

    async def make() -> None:
        async with open_log(kafka_address) as log:
            await log.create_topic(topic)

    asyncio.run(make())
    given = {"TOPIC": topic, "FILE": str(tmp_path / "a.duckdb")}
    words = [*WORKBENCH, *(given.get(word, word) for word in STARTS[command]), "-b", kafka_address]
    taken = benchmark.pedantic(seconds, args=(words,), rounds=1)
    benchmark.extra_info.update(seconds=round(taken, 3), processor_s=round(processor_seconds(words), 3))
    print(command, benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
