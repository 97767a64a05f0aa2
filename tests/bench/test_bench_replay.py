"""Replaying a topic, journal and delivery check included, against ``kcat -P -z none`` writing as many."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, delete, fill

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]


async def replay(address: str, source: str, target: str, folder: str, writer: str) -> dict[str, float]:
    from replay_bench import FOREVER, Bench, select

    from workbench.bus import open_log
    from workbench.store.journal import Journal

    async with open_log(f"kafka://{address}") as log:
        await log.create_topic(target, partitions=1, config=FOREVER)
        with Journal.open(Path(folder) / "journal.duckdb") as journal:
            bench = Bench(log, journal, str)
            draft = await select(log, source, writer=writer, max_records=RECORDS)
            begun, cpu = time.perf_counter(), time.process_time()
            plan = await bench.plan(draft, target)
            planned, planned_cpu = time.perf_counter(), time.process_time()
            report = await bench.run(plan)
            assert report.state == "verified"
            return {
                "plan_seconds": planned - begun,
                "run_seconds": time.perf_counter() - planned,
                "plan_cpu": planned_cpu - cpu,
                "run_cpu": time.process_time() - planned_cpu,
            }


def kcat_writes(address: str, source: str, target: str) -> float:
    read = ["kcat", "-C", "-b", address, "-t", source, "-e", "-q", "-D", "\x1e"]
    content = subprocess.run(read, capture_output=True, check=True, timeout=300).stdout
    command = ["kcat", "-P", "-b", address, "-t", target, "-p", "0", "-z", "none", "-D", "\x1e"]
    begun = time.perf_counter()
    subprocess.run(command, input=content, check=True, timeout=300)
    return time.perf_counter() - begun


@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
def test_replay_a_topic(benchmark, kafka_address, topic_name, tmp_path, writer):
    source, target, other = (topic_name(name) for name in ("source", "target", "other"))
    asyncio.run(fill(kafka_address, source, "uncompressed"))
    asyncio.run(fill(kafka_address, other, "uncompressed"))
    names = [kafka_address, source, target, str(tmp_path), writer]

    def run() -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, __file__, *names], capture_output=True, check=True, timeout=600, env=CHILD_ENVIRONMENT
        )
        figures: dict[str, float] = json.loads(done.stdout)
        return figures

    try:
        kcat = min(kcat_writes(kafka_address, source, other) for _ in range(3))
        found = benchmark.pedantic(run, rounds=1)
    finally:
        for topic in (source, target, other):
            asyncio.run(delete(kafka_address, topic))
    benchmark.extra_info.update(
        records_per_second=round(RECORDS / found["run_seconds"]),
        ratio_to_kcat=round(kcat / found["run_seconds"], 2),
        cpu_us_per_record=round(found["run_cpu"] / RECORDS * 1e6, 1),
        plan_cpu_us_per_record=round(found["plan_cpu"] / RECORDS * 1e6, 1),
        peak_rss_mb=round(found["peak_rss_mb"]),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


if __name__ == "__main__":
    import resource

    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    figures = asyncio.run(replay(*sys.argv[1:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**figures, "peak_rss_mb": peak}))  # noqa: T201 - read by the test above
