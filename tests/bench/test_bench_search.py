"""Searching a topic with transactions and compaction gaps, against a capture that writes nothing and a console.

The peer is Kafka's console consumer through grep. Of each process CPU and peak memory are measured: a search has to
reach 0.7 of the rate of reading and decoding the same topic, and by value a fifth, by key a twentieth of the time of
the console. ``BENCH_RECORDS=5000000`` is the measure of the promise, and with 200000 it is tried in a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from bench_topic import CHILD_ENVIRONMENT, RECORDS, Planting, delete, fill_spread, uniform_records

pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(3600)]

PARTITIONS = 12
MARK, KEY = "planted-zq7", "planted-key"
PLANTING = Planting(20, MARK, KEY)
LEAST_OF_A_CAPTURE = 0.7
LEAST_BY_VALUE, LEAST_BY_KEY = 5, 20
MOST_RSS_MB = 600
LONG_MS = 25_000
TURNS = int(os.environ.get("BENCH_TURNS", "2"))

SEARCHES = {
    "words": {"words": MARK},
    "regex": {"regex": f"{MARK}-[0-9]+"},
    "key": {"key": KEY},
    "payload equal": {"where": f"payload->>'planted' = '{MARK}-7'"},
    "payload number": {
        "where": f"(payload->'payload'->>'duration_ms')::int > {LONG_MS} and payload->>'planted' is not null"
    },
    "envelope": {"where": f"correlation_id = '{MARK}'"},
    "header": {"where": f"header(headers, 'mark') = '{MARK}'"},
}

FOUND = dict.fromkeys(SEARCHES, PLANTING.count) | {"key": PLANTING.count - PLANTING.keyed, "payload equal": 1}


def long_ones(topic: str) -> int:
    """How many of the planted records took longer than `LONG_MS`."""
    made = uniform_records(topic, 7 * PLANTING.count)[::7]
    return sum(json.loads(one.value or b"")["payload"]["duration_ms"] > LONG_MS for one in made)


async def read_and_decode(address: str, topic: str) -> int:
    """What a capture does, without writing: read, decode, drop."""
    from concurrent.futures import ThreadPoolExecutor

    import pyarrow as pa

    import workbench as wb
    from workbench.buffers.memory_pool import steady_allocation
    from workbench.capture.chunk_groups import decoding_groups
    from workbench.capture.window import resolve_spans
    from workbench.model.records.columns import RECORD
    from workbench.model.selecting.topic_selection import parse_topics
    from workbench.model.selecting.window import parse_bound
    from workbench.session.conventions import topic_decoder

    decoder, seen = topic_decoder(), 0

    def decode(group: list[object]) -> int:
        whole = pa.Table.from_batches([chunk.records for chunk in group], schema=RECORD)
        return decoder.decode(whole, topic).num_rows if whole.num_rows else 0

    with steady_allocation(), ThreadPoolExecutor(1) as thread:
        async with await wb.connect(address) as cluster:
            spans = await resolve_spans(cluster.log, parse_topics(topic), parse_bound("start"), parse_bound("end"))
            loop, waiting = asyncio.get_running_loop(), []
            async with cluster.log.reader(spans, prefetch_bytes=12 << 20) as reader:
                while not reader.done:
                    groups = decoding_groups(await reader.read(8 << 20))
                    waiting += [loop.run_in_executor(thread, decode, group) for group in groups]
                    while len(waiting) > 2:
                        seen += await waiting.pop(0)
            for one in waiting:
                seen += await one
    return seen


async def search(address: str, topic: str, conditions: dict[str, str]) -> dict[str, float | str]:
    """Search, and count what there was: also the offsets that compaction left without a record."""
    import workbench as wb

    async with await wb.connect(address) as cluster:
        found = await cluster.search(topic, **conditions)
    parts = found.partitions
    scanned, aborted = sum(one.scanned for one in parts), sum(one.aborted for one in parts)
    offsets = sum(one.end - one.start for one in parts)
    return {
        "found": len(found),
        "ended": found.ended,
        "scanned": scanned,
        "aborted": aborted,
        "compacted": offsets - scanned - aborted - sum(one.control for one in parts),
    }


def in_a_process(*arguments: str) -> dict[str, Any]:
    """Run one of the two above in a process of its own, for its CPU and peak memory."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, check=True, timeout=1800, env=CHILD_ENVIRONMENT
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def console_figures(address: str, topic: str, pattern: str) -> dict[str, float]:
    """The console consumer of Kafka with grep behind it: wall time, and CPU of both."""
    from workbench.bus.kafka.local.jars import ensure
    from workbench.bus.kafka.local.java import find_java
    from workbench.config.folders import cache_folder

    consumer = (
        f"{find_java().path} -Xmx1g -cp '{ensure(cache_folder())}/*' org.apache.kafka.tools.consumer.ConsoleConsumer "
        f"--bootstrap-server {address} --topic {topic} --from-beginning --timeout-ms 5000 --isolation-level "
        f"read_committed --formatter-property print.key=true --formatter-property print.headers=true"
    )
    begun, before = time.perf_counter(), os.times()
    done = subprocess.run(
        ["/bin/sh", "-c", f"{consumer} 2>/dev/null | grep -i -c {pattern}"], capture_output=True, text=True, check=False
    )
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    # It ends when nothing has come for five seconds.
    return {"found": int(done.stdout), "seconds": time.perf_counter() - begun - 5, "cpu": cpu}


@pytest.fixture(scope="module")
def topic(kafka_address):
    name = "wb-bench-search"
    asyncio.run(fill_spread(kafka_address, name, partitions=PARTITIONS, planting=PLANTING))
    yield name
    asyncio.run(delete(kafka_address, name))


def test_search_a_topic(benchmark, kafka_address, topic):
    decoded = min((in_a_process("decode", kafka_address, topic) for _ in range(TURNS)), key=lambda one: one["cpu"])
    told = {"capture without writing": round(decoded["cpu"] / RECORDS * 1e6, 2)}
    ratios, peaks, seconds = {}, {}, {}
    for name, conditions in SEARCHES.items():
        runs = [in_a_process("search", kafka_address, topic, json.dumps(conditions)) for _ in range(TURNS)]
        best = min(runs, key=lambda one: one["cpu"])
        seconds[name] = min(one["seconds"] for one in runs)
        assert best["ended"].startswith("complete"), name
        told[name] = round(best["cpu"] / RECORDS * 1e6, 2)
        ratios[name] = round(decoded["cpu"] / best["cpu"], 2)
        peaks[name] = round(max(one["peak_rss_mb"] for one in runs))
        assert best["found"] == (long_ones(topic) if name == "payload number" else FOUND[name]), name
        if name == "words":
            assert best["scanned"] >= RECORDS
            assert best["aborted"] > 0
            assert best["compacted"] > 0
            benchmark.extra_info["topic"] = {what: best[what] for what in ("scanned", "aborted", "compacted")}
    console = benchmark.pedantic(console_figures, (kafka_address, topic, MARK), rounds=1)
    assert console["found"] == PLANTING.count
    benchmark.extra_info.update(
        records=RECORDS,
        cpu_us_per_record=told,
        ratio_to_a_capture=ratios,
        peak_rss_mb=peaks,
        console_cpu_us_per_record=round(console["cpu"] / RECORDS * 1e6, 2),
        times_faster_than_the_console={name: round(console["seconds"] / took, 1) for name, took in seconds.items()},
        times_less_cpu_than_the_console={
            name: round(console["cpu"] / RECORDS * 1e6 / used, 1) for name, used in told.items()
        },
    )
    print(json.dumps(benchmark.extra_info, indent=1))  # noqa: T201 - a measurement is read by a person
    assert min(ratios.values()) >= LEAST_OF_A_CAPTURE
    assert max(peaks.values()) <= MOST_RSS_MB
    faster = benchmark.extra_info["times_less_cpu_than_the_console"]
    assert faster["words"] >= LEAST_BY_VALUE
    assert faster["key"] >= LEAST_BY_KEY


if __name__ == "__main__":
    from peak_memory import peak_rss_mib

    what, address, name = sys.argv[1:4]
    # As in a notebook, which has searched before: the first use loads libraries.
    asyncio.run(search(address, name, {"words": "nobody-and-nothing", "where": "partition = 0", "start": "-10"}))
    begun, cpu = time.perf_counter(), time.process_time()
    if what == "decode":
        result = {"records": asyncio.run(read_and_decode(address, name))}
    else:
        result = asyncio.run(search(address, name, json.loads(sys.argv[4])))
    result |= {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "peak_rss_mb": peak_rss_mib()}
    print(json.dumps(result))  # noqa: T201 - read by the test above
