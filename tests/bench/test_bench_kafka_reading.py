"""Reading a topic to columns against ``kcat -C -e -q`` discarding it, in the same run; peak memory of the reader."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
import uuid

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import KafkaLog
from workbench.model import NewRecord, Span, TopicPartition

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
ROUNDS = 3
_DISTINCT = 20_000
pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]


def records(topic: str) -> list[NewRecord]:
    """ONEX-like JSON of about 600 bytes with six headers; ids are random, so that compression finds what it would."""
    source = random.Random(7)  # noqa: S311 - repeatable, not secret
    made = []
    for at in range(_DISTINCT):
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
        made.append(NewRecord(topic, b"wf-%d" % (at // 12), json.dumps(body).encode(), headers, 0))
    return made


async def fill(address: str, topic: str, codec: str) -> None:
    async with open_log(address, timeout_s=120) as log:
        await log.create_topic(topic, config={"compression.type": codec})
        made = records(topic)
        async with log.writer() as writer:
            for sent in range(0, RECORDS, _DISTINCT):
                outcomes = await writer.send(made[: min(_DISTINCT, RECORDS - sent)])
                assert {outcome.status for outcome in outcomes} == {"acked"}


async def read(log: KafkaLog, topic: str) -> int:
    partition = TopicPartition(topic, 0)
    seen = 0
    async with log:
        end = (await log.offsets([partition], "latest"))[partition]
        async with log.reader([Span(topic, 0, 0, end)]) as reader:
            while not reader.done:
                seen += sum(chunk.records.num_rows for chunk in await reader.read())
    return seen


async def delete(address: str, topic: str) -> None:
    async with open_log(address, timeout_s=120) as log:
        await log.delete_topic(topic)


def kcat_seconds(address: str, topic: str) -> float:
    command = ["kcat", "-C", "-e", "-q", "-b", address, "-t", topic, "-o", "beginning"]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=300)
    return time.perf_counter() - started


def reader_figures(address: str, topic: str) -> dict[str, float]:
    """Read in a process of its own, for its peak memory."""
    done = subprocess.run([sys.executable, __file__, address, topic], capture_output=True, check=True, timeout=300)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize("codec", ["uncompressed", "zstd"])
def test_read_a_topic(benchmark, kafka_address, topic_name, codec):
    if benchmark.disabled:
        pytest.skip("a measurement: run with --benchmark-enable")
    topic = topic_name("wb-bench")
    asyncio.run(fill(kafka_address, topic, codec))
    try:
        kcat = min(kcat_seconds(kafka_address, topic) for _ in range(ROUNDS))
        runs = [benchmark.pedantic(reader_figures, (kafka_address, topic), rounds=1)]
        runs += [reader_figures(kafka_address, topic) for _ in range(ROUNDS - 1)]
        kcat = min(kcat, kcat_seconds(kafka_address, topic))
    finally:
        asyncio.run(delete(kafka_address, topic))
    best = min(run["seconds"] for run in runs)
    assert {run["records"] for run in runs} == {RECORDS}
    benchmark.extra_info.update(
        records_per_second=round(RECORDS / best),
        kcat_records_per_second=round(RECORDS / kcat),
        ratio_to_kcat=round(kcat / best, 2),
        cpu_us_per_record=round(min(run["cpu"] for run in runs) / RECORDS * 1e6, 2),
        peak_rss_mb=max(round(run["peak_rss_mb"]) for run in runs),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


if __name__ == "__main__":
    import resource

    log = KafkaLog(sys.argv[1], timeout_s=120)
    begun, cpu = time.perf_counter(), time.process_time()
    count = asyncio.run(read(log, sys.argv[2]))
    print(  # noqa: T201 - read by the test above
        json.dumps(
            {
                "records": count,
                "seconds": time.perf_counter() - begun,
                "cpu": time.process_time() - cpu,
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            },
        ),
    )
