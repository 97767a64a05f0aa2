"""What a live table costs the kernel at 20,000 decoded records of 600 B a second, as a share of one core.

The records are written by this process and followed in another one, which makes ten ticks a second as for a browser.
CPU time is what counts: ``BENCH_SECONDS=60`` follows for longer, ``BENCH_RATE`` is another rate. Much of the cost is
that of ten reads and ticks a second, so a machine that is too busy to write at the rate has measured something else.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from bench_topic import CHILD_ENVIRONMENT, delete, uniform_records

from workbench.bus import open_log

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]

RATE = int(os.environ.get("BENCH_RATE", "20000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "15"))
PARTITIONS = 6
BURST_S = 0.1
TICK_S = 0.1
MOST_OF_A_CORE = 0.25
LEAST_OF_THE_RATE = 0.9


async def follow(address: str, topic: str) -> dict[str, float]:
    """Follow a topic until it is told to end; return the records that came and the CPU that they took."""
    import workbench as wb

    async with await wb.connect(address) as cluster:
        view = cluster.tail(topic)
        while view.stats.state == "waiting" or not view.stats.total:  # noqa: ASYNC110 - as a view looks
            await asyncio.sleep(TICK_S)
        print("ready", flush=True)  # noqa: T201 - read by the test below
        before, cpu, begun = view.stats.total, time.process_time(), time.perf_counter()
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        while not ended.done():
            await asyncio.sleep(TICK_S)
            made = view._next_tick(forced=True)
            assert made is not None
            json.dumps(made[0])
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        return {"records": view.stats.total - before, "seconds": seconds, "cpu": cpu}


async def write(address: str, topic: str, ready: Callable[[], str]) -> None:
    """Write at the rate, in bursts: until the other process is ready, and then for the time that is measured."""
    made = uniform_records(topic, RATE)
    burst = round(RATE * BURST_S)
    async with open_log(address, timeout_s=120) as log, log.writer() as writer:
        # The tail begins at the end of the topic, so it has to see records to be ready.
        told = asyncio.get_running_loop().run_in_executor(None, ready)
        begun, sent, ends = time.perf_counter(), 0, float("inf")
        while time.perf_counter() - begun < ends:
            if told.done() and ends == float("inf"):
                assert told.result() == "ready\n"
                begun, sent, ends = time.perf_counter(), 0, SECONDS
            at = sent % (len(made) - burst + 1)
            await writer.send(made[at : at + burst])
            sent += burst
            await asyncio.sleep(max(0.0, sent / RATE - (time.perf_counter() - begun)))


def test_a_tail_of_decoded_records(benchmark, kafka_address):
    topic = f"wb-bench-tail-{uuid.uuid4().hex[:8]}"

    async def prepare() -> None:
        async with open_log(kafka_address, timeout_s=120) as log:
            await log.create_topic(topic, partitions=PARTITIONS)

    asyncio.run(prepare())
    command = [sys.executable, __file__, kafka_address, topic]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=CHILD_ENVIRONMENT)
    assert child.stdin is not None
    assert child.stdout is not None
    ready = child.stdout.readline

    try:
        benchmark.pedantic(lambda: asyncio.run(write(kafka_address, topic, ready)), rounds=1)
        found = json.loads(child.communicate("end\n", timeout=60)[0])
    finally:
        child.kill()
        child.wait()
        asyncio.run(delete(kafka_address, topic))
    rate, share = found["records"] / found["seconds"], found["cpu"] / found["seconds"]
    benchmark.extra_info.update(
        records_per_second=round(rate),
        cpu_us_per_record=round(share / rate * 1e6, 2),
        share_of_a_core=round(share, 3),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert rate >= LEAST_OF_THE_RATE * RATE, "the machine is too busy to write at the rate: nothing was measured"
    assert share <= MOST_OF_A_CORE


if __name__ == "__main__":
    print(json.dumps(asyncio.run(follow(*sys.argv[1:]))))  # noqa: T201 - read by the test above
