"""Capture with decoding against ``kcat -C -e -q`` discarding the same topic, in the same run; peak memory.

Both take turns, since a machine is not equally fast all the time: each capture is compared with the runs of kcat before
and after it, and the median counts; the best of each is told too. A capture is timed from connecting to the closed
snapshot, in a process that has captured one record before, as a notebook has: the import of the library and that first
use are told beside it. The bound of memory is the same for a topic of any size: ``BENCH_RECORDS=10000000`` measures a
larger one.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, delete, fill, kcat_seconds

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(1800)]

TURNS = 5
MOST_RSS_MB = 700
LEAST_OF_KCAT = {"uncompressed": 1 / 3, "zstd": 1 / 2}


async def capture(address: str, topic: str, into: str, limit: int | None = None) -> int:
    import workbench as wb

    async with await wb.connect(address) as cluster:
        with await cluster.capture(topic, into=into, limit=limit, progress=False) as snap:
            return snap.last_capture.records


def figures(address: str, topic: str, into: str) -> dict[str, float]:
    """Capture in a process of its own, for its peak memory; with compiled modules kept, as a user has them."""
    environment = {name: value for name, value in CHILD_ENVIRONMENT.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, __file__, address, topic, into]
    done = subprocess.run(command, capture_output=True, check=True, timeout=900, env=environment)
    result: dict[str, float] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("codec", ["uncompressed", "zstd"])
def test_capture_a_topic(benchmark, kafka_address, topic_name, tmp_path, codec):
    if benchmark.disabled:
        pytest.skip("a measurement: run with --benchmark-enable")
    topic = topic_name("wb-bench")
    asyncio.run(fill(kafka_address, topic, codec))
    os.sync()  # the disk shall not be busy with the topic when the first is timed
    try:
        kcat, runs = [kcat_seconds(kafka_address, topic)], []
        for turn in range(TURNS):
            runs.append(figures(kafka_address, topic, str(tmp_path / f"{turn}.duckdb")))
            kcat.append(kcat_seconds(kafka_address, topic))
        benchmark.pedantic(figures, (kafka_address, topic, str(tmp_path / "last.duckdb")), rounds=1)
    finally:
        asyncio.run(delete(kafka_address, topic))
    ratios = [(before + after) / 2 / run["seconds"] for before, run, after in zip(kcat, runs, kcat[1:], strict=False)]
    best = min(run["seconds"] for run in runs)
    assert {run["records"] for run in runs} == {RECORDS}
    benchmark.extra_info.update(
        records_per_second=round(RECORDS / best),
        kcat_records_per_second=round(RECORDS / min(kcat)),
        ratio_to_kcat=round(statistics.median(ratios), 3),
        ratio_of_the_best=round(min(kcat) / best, 3),
        first_use_seconds=round(min(run["first_use_seconds"] for run in runs), 2),
        cpu_us_per_record=round(min(run["cpu"] for run in runs) / RECORDS * 1e6, 2),
        peak_rss_mb=max(round(run["peak_rss_mb"]) for run in runs),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert max(run["peak_rss_mb"] for run in runs) <= MOST_RSS_MB
    assert statistics.median(ratios) >= LEAST_OF_KCAT[codec]


if __name__ == "__main__":
    import resource

    started = time.perf_counter()
    asyncio.run(capture(*sys.argv[1:3], f"{sys.argv[3]}-first.duckdb", limit=1))
    begun, cpu = time.perf_counter(), time.process_time()
    count = asyncio.run(capture(*sys.argv[1:]))
    print(  # noqa: T201 - read by the test above
        json.dumps(
            {
                "records": count,
                "seconds": time.perf_counter() - begun,
                "first_use_seconds": begun - started,
                "cpu": time.process_time() - cpu,
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            },
        ),
    )
