"""The topics that the measurements of reading and capture share, and kcat as their peer."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from framework_records import debezium_records, nservicebus_records, wikimedia_records
from mixed_records import mixed_records

from workbench.bus import open_log
from workbench.bus.kafka.producing import queues
from workbench.model import NewRecord, Span, TopicPartition
from workbench.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.protocols import RecordLog, Writer

CHILD_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
"""For a measured process of its own, which imports this module too."""

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
_DISTINCT = 20_000
"""Records that are made; they are written again and again until the topic has `RECORDS` of them."""


@dataclass(frozen=True, slots=True)
class BenchTopic:
    """What is written to a topic: its partitions, the maker of its records by topic and number, and its batches."""

    partitions: int
    records: Callable[[str, int], list[NewRecord]]
    batch_bytes: int = queues.BATCH_BYTES


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
    "mixed-6-small-batches": BenchTopic(6, mixed_records, batch_bytes=16 << 10),  # the default of Java's producer
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
    with mock.patch.object(queues, "BATCH_BYTES", TOPICS[kind].batch_bytes):
        await _fill(address, topic, codec, TOPICS[kind].partitions, made)


async def _fill(address: str, topic: str, codec: str, partitions: int, made: list[NewRecord]) -> None:
    async with open_log(address, timeout_s=120) as log:
        await log.create_topic(topic, partitions=partitions, config={"compression.type": codec})
        async with log.writer() as writer:
            for sent in range(0, RECORDS, len(made)):
                outcomes = await writer.send(made[: min(len(made), RECORDS - sent)])
                assert {outcome.status for outcome in outcomes} == {"acked"}


@dataclass(frozen=True, slots=True)
class Planting:
    """What is hidden in a topic, to be searched for.

    Attributes:
        count: How many records have the mark.
        mark: It is in the body, the correlation id and a header of each.
        key: The key of the last fifth of them, and of no other record.
    """

    count: int
    mark: str
    key: str

    @property
    def keyed(self) -> int:
        """The number of the first record with the key."""
        return self.count * 4 // 5


async def fill_spread(address: str, topic: str, *, partitions: int, planting: Planting) -> None:
    """Write `RECORDS` records of the uniform kind over partitions by key, some of them planted with a mark.

    Every other lot is a transaction; behind it comes one that is aborted and full of the mark. Four fifths are written
    while the topic is compacted, each lot with `_SUPERSEDED` records more that the next lot takes the place of: the
    broker's cleaner leaves gaps where they were. The rest comes when it has done so, and is not compacted: what is
    planted there has one key.
    """
    made = uniform_records(topic, min(_DISTINCT, RECORDS))
    planted = planting.count
    hidden = [_planted(topic, made[number * 7], planting, number) for number in range(planted)]
    aborted = [_planted(topic, made[number * 7], planting, planted + number) for number in range(planted)]
    lots = -(-(RECORDS - planted) // len(made))
    compacted = max(lots * 4 // 5, 1)
    async with open_log(address, timeout_s=120) as log:
        await log.create_topic(topic, partitions=partitions, config=_COMPACTED)
        async with log.writer() as plain, log.writer(transactional_id=f"{topic}-fill") as transactional:
            for lot in range(lots):
                if lot == compacted:
                    await _wait_for_gaps(log, topic, partitions, lots=compacted)
                    await log.alter_config(topic, {"cleanup.policy": "delete", "segment.ms": None})
                own = hidden[lot * planted // lots : (lot + 1) * planted // lots]
                some = made[: min(len(made), RECORDS - planted - lot * len(made))]
                # A key of each record that no other lot has: a compacted topic keeps it.
                some = [replace(one, key=b"%s-%d-%d" % (one.key or b"", lot, at)) for at, one in enumerate(some)] + own
                if lot < compacted:
                    some += [replace(one, key=b"again-%d" % at) for at, one in enumerate(made[:_SUPERSEDED])]
                if lot % 2:
                    await _transact(transactional, some, commit=True)
                    await _transact(transactional, aborted, commit=False)
                else:
                    assert {outcome.status for outcome in await plain.send(some)} == {"acked"}


_SUPERSEDED = 400
_COMPACTED = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.01",
    "segment.ms": "500",
}


async def _wait_for_gaps(log: RecordLog, topic: str, partitions: int, *, lots: int) -> None:
    """Wait until the broker's cleaner has removed half of the records whose place others took."""
    # Here: a measured process loads Arrow after the workbench, as a notebook does whose first cell imports it.
    import pyarrow.compute as pc

    places = [TopicPartition(topic, partition) for partition in range(partitions)]

    async def cleaned() -> bool:
        begins, ends = [await log.offsets(places, at) for at in ("earliest", "latest")]
        spans = [Span(topic, place.partition, begins[place] or 0, ends[place]) for place in places]
        again = 0
        async with log.reader(spans) as reader:
            while not reader.done:
                keys = [chunk.records.column("key") for chunk in await reader.read()]
                again += sum(pc.sum(pc.starts_with(one, "again-")).as_py() or 0 for one in keys)
        return again <= lots * _SUPERSEDED // 2

    await wait_until(cleaned, timeout_s=600, what="the compaction")


def _planted(topic: str, like: NewRecord, planting: Planting, number: int) -> NewRecord:
    mark = planting.mark
    body = {**json.loads(like.value or b"{}"), "correlation_id": mark, "planted": f"{mark}-{number}"}
    headers = (*(one for one in like.headers if one[0] != b"correlation_id"), (b"mark", mark.encode()))
    key = planting.key if number >= planting.keyed else f"{planting.key}-{number}"
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
