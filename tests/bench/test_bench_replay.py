"""Replaying a captured topic, journal and delivery check included, against ``kcat -P -z none`` writing as many.

Ratios are printed to three ways of kcat: the values only, the same by its idempotent producer, and keys, values and as
many headers of the same sizes as the replay wrote. What is between the last and the first is the work of the broker,
which takes twice the bytes and looks at each header; the ratio to the last one is asserted, because it writes the same
records. Each way has several turns in one process of the broker, one after the other, and the fastest counts. The
memory is what the process takes beyond an open snapshot; it is measured by the kernel and asserted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, delete, fill

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(1800)]

TURNS = int(os.environ.get("BENCH_TURNS", "3"))
MOST_MB = 300
"""What a replay of any number of records may take."""
FLOORS = {"transactional": 0.4, "idempotent": 0.5, "rewriting": 0.0}
"""Least ratio to kcat, which writes the same records."""


def peak_mb() -> float:
    """The most memory so far, pages of mapped files included."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


async def capture(address: str, source: str, path: str) -> None:
    import workbench as wb

    async with await wb.connect(f"kafka://{address}") as cluster:
        (await cluster.capture(source, into=path, progress=False)).close()


def fixed(body: dict[str, Any]) -> dict[str, Any]:
    """A fix of every record: a patch of two operations."""
    body["payload"] |= {"workflow": body["payload"]["workflow"] + 1, "checked": True}
    return body


async def replay(address: str, target: str, path: str, kind: str) -> dict[str, float]:
    from replay_bench import FOREVER, Bench

    import workbench as wb
    from workbench.bus import open_log
    from workbench.store.journal import Journal

    async with open_log(f"kafka://{address}") as log:
        await log.create_topic(target, partitions=1, config=FOREVER)
        with wb.open(path) as snap, Journal.open(Path(path).with_name(f"{target}.duckdb")) as journal:
            bench, base_mb, steps = (
                Bench(log, journal, str),
                peak_mb(),
                [("", time.perf_counter(), time.process_time())],
            )
            writer = "idempotent" if kind == "idempotent" else "transactional"
            draft = snap.replay("true", writer=writer, max_records=RECORDS, max_bytes=1 << 50)
            draft = draft.edit(fixed) if kind == "rewriting" else draft
            steps.append(("draft", time.perf_counter(), time.process_time()))
            plan = await bench.plan(draft, target)
            steps.append(("plan", time.perf_counter(), time.process_time()))
            assert f"run(plan, confirm='{plan.token}')" in repr(plan)
            report = await bench.run(plan)
            steps.append(("run", time.perf_counter(), time.process_time()))
            assert report.state == "verified"
            figures = {"base_mb": base_mb, "taken_mb": peak_mb() - base_mb}
            for (_, wall, cpu), (name, end, cpu_end) in itertools.pairwise(steps):
                figures |= {f"{name}_seconds": end - wall, f"{name}_cpu": cpu_end - cpu}
            return figures


class Kcat:
    """Writes what a topic holds to another one."""

    def __init__(self, address: str, source: str, target: str, *how: str) -> None:
        form = "%k\x1f%s\x1e" if "-K" in how else "%s\x1e"
        read = ["kcat", "-C", "-b", address, "-t", source, "-e", "-q", "-f", form]
        self._content = subprocess.run(read, capture_output=True, check=True, timeout=300).stdout
        self._command = ["kcat", "-P", "-b", address, "-t", target, "-p", "0", "-z", "none", "-D", "\x1e", *how]

    def seconds(self) -> float:
        """Return how long it takes once."""
        begun = time.perf_counter()
        subprocess.run(self._command, input=self._content, check=True, timeout=300)
        return time.perf_counter() - begun


async def header_arguments(address: str, topic: str) -> list[str]:
    """Return what makes kcat give each record the headers that the first record of a topic has."""
    from workbench.bus import open_log
    from workbench.model import Span

    async with open_log(f"kafka://{address}") as log, log.reader([Span(topic, 0, 0, 1)]) as reader:
        (chunk,) = await reader.read()
        (record,) = chunk.rows()
    named = [f"{name.decode()}={(value or b'').decode()}" for name, value in record.headers]
    return [argument for one in named for argument in ("-H", one)]


@pytest.mark.parametrize("kind", ["transactional", "idempotent", "rewriting"])
def test_replay_a_topic(benchmark, kafka_address, topic_name, tmp_path, kind):
    source, other, *targets = (topic_name(name) for name in ("source", "other", *map(str, range(TURNS))))
    asyncio.run(fill(kafka_address, source, "uncompressed"))
    asyncio.run(fill(kafka_address, other, "uncompressed"))
    snapshot = tmp_path / "snapshot.duckdb"
    asyncio.run(capture(kafka_address, source, str(snapshot)))

    def run(target: str) -> dict[str, float]:
        command = [sys.executable, __file__, kafka_address, target, str(snapshot), kind]
        done = subprocess.run(command, capture_output=True, check=True, timeout=1500, env=CHILD_ENVIRONMENT)
        figures: dict[str, float] = json.loads(done.stdout)
        return figures

    ways = {"": Kcat(kafka_address, source, other)}
    ways["_idempotent"] = Kcat(kafka_address, source, other, "-X", "enable.idempotence=true")
    runs: list[dict[str, float]] = []
    kcat = dict.fromkeys(("", "_idempotent", "_with_as_many_headers"), math.inf)

    def measure() -> None:
        for target in targets:
            runs.append(run(target))
            if target is targets[0]:
                headers = asyncio.run(header_arguments(kafka_address, target))
                ways["_with_as_many_headers"] = Kcat(kafka_address, source, other, "-K", "\x1f", *headers)
            for how, way in ways.items():
                kcat[how] = min(kcat[how], way.seconds())

    try:
        benchmark.pedantic(measure, rounds=1)
    finally:
        for topic in (source, other, *targets):
            asyncio.run(delete(kafka_address, topic))
    found = min(runs, key=lambda figures: figures["run_seconds"])
    ratios = {f"ratio_to_kcat{how}": round(seconds / found["run_seconds"], 2) for how, seconds in kcat.items()}
    benchmark.extra_info.update(
        records_per_second=[round(RECORDS / figures["run_seconds"]) for figures in runs],
        **ratios,
        kcat_us_per_record=[round(seconds / RECORDS * 1e6, 2) for seconds in kcat.values()],
        **{
            f"{step}_cpu_us_per_record": round(found[f"{step}_cpu"] / RECORDS * 1e6, 1)
            for step in ("draft", "plan", "run")
        },
        plan_seconds=round(found["plan_seconds"], 2),
        base_mb=round(found["base_mb"]),
        taken_mb=round(max(figures["taken_mb"] for figures in runs)),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert benchmark.extra_info["taken_mb"] <= MOST_MB
    assert ratios["ratio_to_kcat_with_as_many_headers"] >= FLOORS[kind]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    print(json.dumps(asyncio.run(replay(*sys.argv[1:]))))  # noqa: T201 - read by the test above
