"""Reading a topic to columns against ``kcat -C -e -q`` discarding it, in the same run; peak memory of the reader."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, delete, fill, kcat_seconds

from workbench.bus.kafka import KafkaLog
from workbench.model import Span, TopicPartition

ROUNDS = 3
pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]


async def read(log: KafkaLog, topic: str) -> int:
    partition = TopicPartition(topic, 0)
    seen = 0
    async with log:
        end = (await log.offsets([partition], "latest"))[partition]
        async with log.reader([Span(topic, 0, 0, end)]) as reader:
            while not reader.done:
                seen += sum(chunk.records.num_rows for chunk in await reader.read())
    return seen


def reader_figures(address: str, topic: str) -> dict[str, float]:
    """Read in a process of its own, for its peak memory."""
    command = [sys.executable, __file__, address, topic]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300, env=CHILD_ENVIRONMENT)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize("codec", ["uncompressed", "zstd"])
def test_read_a_topic(benchmark, kafka_address, topic_name, codec):
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
