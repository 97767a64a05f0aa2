"""Capture with decoding against ``kcat -C -e -q`` discarding the same topic, in the same run; peak memory.

Both take turns, since a machine is not equally fast all the time: each capture is compared with the runs of kcat before
and after it, and the median counts; the best of each is told too. A capture is timed from connecting to the closed
snapshot, in a process that has captured one record before, as a notebook has: the import of the library and that first
use are told beside it, and so is the whole process ``workbench capture``.

How large the batches of a topic are matters to both. Those of `mixed-6` and `mixed-24` are as large as a topic takes,
which suits kcat best; those of `mixed-6-small-batches` have 16 KiB, the default of Java's producer.

The bound of memory is the same for a topic of any size: ``BENCH_RECORDS=10000000`` measures a larger one, and with
``BENCH_RECORDS=50000 BENCH_TURNS=1`` all topics are tried in a few minutes. ``-k mixed-6`` picks a topic.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import uuid

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, TOPICS, delete, fill, kcat_seconds

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(1800)]

TURNS = int(os.environ.get("BENCH_TURNS", "5"))
MOST_RSS_MB = 600
LEAST_OF_KCAT = {
    ("uniform", "uncompressed"): 0.6,
    ("uniform", "zstd"): 1.0,
    ("mixed-6", "uncompressed"): 0.5,
    ("mixed-6", "zstd"): 0.8,
    ("mixed-24", "uncompressed"): 0.5,
    ("mixed-24", "zstd"): 0.8,
    ("mixed-6-small-batches", "uncompressed"): 0.5,
    ("mixed-6-small-batches", "zstd"): 0.8,
}
"""Rate of a capture in rates of kcat; of other topics it is only told."""

# With compiled modules kept, as a user has them.
AS_A_USER = {name: value for name, value in CHILD_ENVIRONMENT.items() if name != "PYTHONDONTWRITEBYTECODE"}


async def capture(address: str, topic: str, into: str, limit: int | None = None) -> int:
    import workbench as wb

    async with await wb.connect(address) as cluster:
        with await cluster.capture(topic, into=into, limit=limit, progress=False) as snap:
            return snap.last_capture.records


def figures(address: str, topic: str, into: str) -> dict[str, float]:
    """Capture in a process of its own, for its peak memory."""
    command = [sys.executable, __file__, address, topic, into]
    done = subprocess.run(command, capture_output=True, check=True, timeout=900, env=AS_A_USER)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def command_figures(address: str, topic: str, into: str) -> dict[str, float]:
    """The command as a user runs it: wall time, CPU and peak memory of the whole process."""
    command = [sys.executable, "-m", "workbench", "capture", topic, "-b", address, "--into", into]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=AS_A_USER)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    process.returncode = 0  # it was waited for above
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_rss_mb": used.ru_maxrss / 1024,
    }


@pytest.mark.parametrize("codec", ["uncompressed", "zstd"])
@pytest.mark.parametrize("kind", TOPICS)
def test_capture_a_topic(benchmark, kafka_address, tmp_path, kind, codec):
    topic = f"wb-bench-{uuid.uuid4().hex[:12]}"
    try:
        asyncio.run(fill(kafka_address, topic, codec, kind))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    os.sync()  # the disk shall not be busy with the topic when the first is timed
    try:
        kcat, runs = [kcat_seconds(kafka_address, topic)], []
        for turn in range(TURNS):
            runs.append(figures(kafka_address, topic, str(tmp_path / f"{turn}.duckdb")))
            kcat.append(kcat_seconds(kafka_address, topic))
        last = str(tmp_path / "last.duckdb")
        command = benchmark.pedantic(command_figures, (kafka_address, topic, last), rounds=1)
    finally:
        asyncio.run(delete(kafka_address, topic))
    ratios = [(before + after) / 2 / run["seconds"] for before, run, after in zip(kcat, runs, kcat[1:], strict=False)]
    best = min(runs, key=lambda run: run["seconds"])
    assert {run["records"] for run in runs} == {RECORDS}
    benchmark.extra_info.update(
        topic=f"{kind} {codec}",
        records_per_second=round(RECORDS / best["seconds"]),
        kcat_records_per_second=round(RECORDS / min(kcat)),
        ratio_to_kcat=round(statistics.median(ratios), 3),
        ratio_of_the_best=round(min(kcat) / best["seconds"], 3),
        first_use_seconds=round(min(run["first_use_seconds"] for run in runs), 2),
        cpu_us_per_record=round(min(run["cpu"] for run in runs) / RECORDS * 1e6, 2),
        cpu_us_by_thread={name: round(used / RECORDS * 1e6, 2) for name, used in best["threads"].items()},
        peak_rss_mb=max(round(run["peak_rss_mb"]) for run in runs),
        command_ratio=round(min(kcat) / command["seconds"], 3),
        command_seconds=round(command["seconds"], 2),
        command_cpu_us_per_record=round(command["cpu"] / RECORDS * 1e6, 2),
        command_peak_rss_mb=round(command["peak_rss_mb"]),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert max(run["peak_rss_mb"] for run in (*runs, command)) <= MOST_RSS_MB
    assert statistics.median(ratios) >= LEAST_OF_KCAT.get((kind, codec), 0)


if __name__ == "__main__":
    from peak_memory import peak_rss_mib
    from thread_cpu import ThreadCpu

    started = time.perf_counter()
    asyncio.run(capture(*sys.argv[1:3], f"{sys.argv[3]}-first.duckdb", limit=1))
    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadCpu() as threads:
        count = asyncio.run(capture(*sys.argv[1:]))
        ended, used = time.perf_counter(), time.process_time()
    print(  # noqa: T201 - read by the test above
        json.dumps(
            {
                "records": count,
                "seconds": ended - begun,
                "first_use_seconds": begun - started,
                "cpu": used - cpu,
                "threads": threads.seconds,
                "peak_rss_mb": peak_rss_mib(),
            },
        ),
    )
