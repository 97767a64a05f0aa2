"""The topics that the measurements of reading and capture share, and kcat as their peer."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framework_records import debezium_records, nservicebus_records, wikimedia_records
from mixed_records import mixed_records

from workbench.bus import open_log
from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.protocols import Writer

CHILD_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
"""For a measured process of its own, which imports this module too."""

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
_DISTINCT = 20_000
"""Records that are made; they are written again and again until the topic has `RECORDS` of them."""


@dataclass(frozen=True, slots=True)
class BenchTopic:
    """What is written to a topic: its partitions, and the maker of its records by topic and number."""

    partitions: int
    records: Callable[[str, int], list[NewRecord]]


def uniform_records(topic: str, count: int) -> list[NewRecord]:
    """ONEX-like JSON of about 600 bytes with six headers; ids are random, so that compression finds what it would."""
    source = random.Random(7)  # noqa: S311 - repeatable, not secret
    made = []
    for at in range(count):
        envelope, correlation = (str(uuid.UUID(int=source.getrandbits(128), version=4)) for _ in range(2))
        body = {
            "envelope_id": envelope,
            "correlation_id": correlation,
            "envelope_timestamp": f"2026-11-23T10:{at // 60 % 60:02d}:{at % 60:02d}.{at:06d}+00:00",
            "event_type": "workflow.task-completed",
            "source_tool": f"registry.{at % 40}",
            "priority": 5,
            "payload": {
                "workflow": at // 12,
                "task": at % 12,
                "state": "completed",
                "duration_ms": source.randrange(5, 50_000),
                "result": f"{source.getrandbits(640):x}",
                "note": "all checks passed, artifact stored and published to the registry",
            },
        }
        headers = (
            (b"content_type", b"application/json"),
            (b"correlation_id", correlation.encode()),
            (b"message_id", envelope.encode()),
            (b"event_type", b"onex.evt.workflow.task-completed.v1"),
            (b"source", b"registry.%d" % (at % 40)),
            (b"traceparent", b"00-%032x-%016x-01" % (source.getrandbits(128), source.getrandbits(64))),
        )
        made.append(NewRecord(topic, b"wf-%d" % (at // 12), json.dumps(body).encode(), headers))
    return made


TOPICS = {
    "uniform": BenchTopic(1, uniform_records),
    "mixed-6": BenchTopic(6, mixed_records),
    "mixed-24": BenchTopic(24, mixed_records),
    "wikimedia": BenchTopic(6, wikimedia_records),
    "debezium": BenchTopic(6, debezium_records),
    "nservicebus": BenchTopic(6, nservicebus_records),
}


async def fill(address: str, topic: str, codec: str, kind: str = "uniform") -> None:
    """Create a topic and write `RECORDS` records of a kind to it.

    Raises:
        FileNotFoundError: The real events are not there.
    """
    made = TOPICS[kind].records(topic, min(_DISTINCT, RECORDS))
    async with open_log(address, timeout_s=120) as log:
        await log.create_topic(topic, partitions=TOPICS[kind].partitions, config={"compression.type": codec})
        async with log.writer() as writer:
            for sent in range(0, RECORDS, len(made)):
                outcomes = await writer.send(made[: min(len(made), RECORDS - sent)])
                assert {outcome.status for outcome in outcomes} == {"acked"}


async def fill_spread(address: str, topic: str, *, partitions: int, planted: int, mark: str, key: str) -> None:
    """Write `RECORDS` records of the uniform kind over partitions by key, some of them planted with a mark.

    A planted record has the mark in its body, its correlation id and a header, and one key that no other has. Every
    other lot is a transaction; behind it comes one that is aborted and full of the mark.
    """
    made = uniform_records(topic, min(_DISTINCT, RECORDS))
    hidden = [_planted(topic, made[number * 7], mark, key, number) for number in range(planted)]
    aborted = [_planted(topic, made[number * 7], mark, key, planted + number) for number in range(planted)]
    lots = -(-(RECORDS - planted) // len(made))
    async with open_log(address, timeout_s=120) as log:
        await log.create_topic(topic, partitions=partitions)
        async with log.writer() as plain, log.writer(transactional_id=f"{topic}-fill") as transactional:
            for lot in range(lots):
                own = hidden[lot * planted // lots : (lot + 1) * planted // lots]
                some = [*made[: min(len(made), RECORDS - planted - lot * len(made))], *own]
                if lot % 2:
                    await _transact(transactional, some, commit=True)
                    await _transact(transactional, aborted, commit=False)
                else:
                    assert {outcome.status for outcome in await plain.send(some)} == {"acked"}


def _planted(topic: str, like: NewRecord, mark: str, key: str, number: int) -> NewRecord:
    body = {**json.loads(like.value or b"{}"), "correlation_id": mark, "planted": f"{mark}-{number}"}
    headers = (*(one for one in like.headers if one[0] != b"correlation_id"), (b"mark", mark.encode()))
    return NewRecord(topic, key.encode(), json.dumps(body).encode(), headers)


async def _transact(writer: Writer, records: list[NewRecord], *, commit: bool) -> None:
    await writer.begin()
    assert {outcome.status for outcome in await writer.send(records)} == {"acked"}
    await (writer.commit() if commit else writer.abort())


async def delete(address: str, topic: str) -> None:
    async with open_log(address, timeout_s=120) as log:
        await log.delete_topic(topic)


def kcat_seconds(address: str, topic: str) -> float:
    command = ["kcat", "-C", "-e", "-q", "-b", address, "-t", topic, "-o", "beginning"]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=300)
    return time.perf_counter() - started
