"""Publishing by the contract against ``kcat -P`` and raw aiokafka; delivery latency against a bare consumer."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import time
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from workbench.bus import open_log
from workbench.decoding.conventions.contract import encode_event
from workbench.eventbus import EventBus
from workbench.testing import create_test_event, wait_until

EVENTS = int(os.environ.get("BENCH_EVENTS", "20000"))
BATCH = 1_000
ROUNDS = 3
DELIVERIES = 400
SPACING_S = 0.004
pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]


def events():
    payload = {"workflow": 17, "task": 3, "state": "completed", "note": "x" * 200}
    return [
        create_test_event(event_type="task.completed", payload=payload, correlation_id=f"flow-{n % 500}")
        for n in range(EVENTS)
    ]


async def bus_seconds(address, environment):
    made = events()
    async with EventBus(open_log(f"kafka://{address}"), environment=environment) as bus:
        await bus.create_topic("task_events", 3)
        await bus.publish_event(made[0])
        began = time.perf_counter()
        assert all(await bus.batch_publish_events(made, batch_size=BATCH))
        return time.perf_counter() - began


async def aiokafka_seconds(address, topic):
    """The same records, encoded beforehand, ``BATCH`` in flight."""
    made = [encode_event(event) for event in events()]
    records = [(one.key, one.value, [(name.decode(), value) for name, value in one.headers]) for one in made]
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"warm")
        began = time.perf_counter()
        for start in range(0, EVENTS, BATCH):
            batch = records[start : start + BATCH]
            sent = [await producer.send(topic, value, key, headers=headers) for key, value, headers in batch]
            await asyncio.gather(*sent)
        return time.perf_counter() - began


def kcat_seconds(address, topic, file):
    """The same keys and values; kcat gives all records of a run the same headers, so as many of the same size."""
    pairs = [f"{name.decode()}={value.decode()}" for name, value in encode_event(create_test_event()).headers if value]
    headers = [part for pair in pairs for part in ("-H", pair)]
    command = ["kcat", "-P", "-b", address, "-t", topic, "-K", "\t", "-l", "-X", "acks=all", *headers, str(file)]
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=300)
    return time.perf_counter() - began


def test_publish_in_batches(benchmark, kafka_address, tmp_path):
    if shutil.which("kcat") is None:
        pytest.skip("kcat is missing: apt-get install kcat")
    environment = f"bench-{uuid.uuid4().hex[:8]}"
    topic = f"onex.{environment}.task_events"
    lines = tmp_path / "records"
    lines.write_bytes(b"".join(b"%s\t%s\n" % (one.key, one.value) for one in map(encode_event, events())))
    try:
        bus = [benchmark.pedantic(lambda: asyncio.run(bus_seconds(kafka_address, environment)), rounds=1)]
        raw, kcat = [], []
        for _ in range(ROUNDS):
            raw.append(asyncio.run(aiokafka_seconds(kafka_address, topic)))
            kcat.append(kcat_seconds(kafka_address, topic, lines))
            bus.append(asyncio.run(bus_seconds(kafka_address, environment)))
    finally:
        asyncio.run(delete(kafka_address, topic))
    benchmark.extra_info.update(
        events_per_second=round(EVENTS / min(bus)),
        aiokafka_records_per_second=round(EVENTS / min(raw)),
        kcat_records_per_second=round(EVENTS / min(kcat)),
        ratio_to_aiokafka=round(min(raw) / min(bus), 2),
        ratio_to_kcat=round(min(kcat) / min(bus), 2),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


async def delete(address, *topics: str):
    async with open_log(f"kafka://{address}") as log:
        for topic in topics:
            await log.delete_topic(topic)


async def bus_latencies(address, environment):
    """Milliseconds from the call of ``publish_event`` to the handler."""
    sent, took = {}, []

    async def handler(event):
        took.append((time.perf_counter() - sent[event.event_id]) * 1e3)

    async with EventBus(open_log(f"kafka://{address}"), environment=environment) as bus:
        await bus.create_topic("task_events", 1)
        end = await bus.subscribe_to_topic("task_events", f"latency-{uuid.uuid4().hex[:8]}", handler)
        for event in events()[:DELIVERIES]:
            sent[event.event_id] = time.perf_counter()
            await bus.publish_event(event)
            await asyncio.sleep(SPACING_S)
        await wait_until(lambda: len(took) >= DELIVERIES, timeout_s=60, what="delivery")
        await end()
    return took


async def bare_latencies(address, topic):
    """The same with aiokafka's producer and a consumer without a group."""
    sent, took = {}, []
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="latest")
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True) as producer, consumer:
        await consumer.seek_to_end()

        async def consume():
            while len(took) < DELIVERIES:
                record = await consumer.getone()
                took.append((time.perf_counter() - sent[record.key]) * 1e3)

        consuming = asyncio.ensure_future(consume())
        for number, event in enumerate(events()[:DELIVERIES]):
            one, key = encode_event(event), b"%d" % number
            sent[key] = time.perf_counter()
            await producer.send_and_wait(topic, one.value, key, headers=[(n.decode(), v) for n, v in one.headers])
            await asyncio.sleep(SPACING_S)
        await asyncio.wait_for(consuming, 60)
    return took


def quantiles(values):
    cuts = statistics.quantiles(values, n=100)
    return round(cuts[49], 2), round(cuts[98], 2)


def test_delivery_latency(benchmark, kafka_address):
    environment = f"bench-{uuid.uuid4().hex[:8]}"
    topic = f"onex.{environment}.task_events"
    try:
        ours = benchmark.pedantic(lambda: asyncio.run(bus_latencies(kafka_address, environment)), rounds=1)
        bare = asyncio.run(bare_latencies(kafka_address, topic))
        ours += asyncio.run(bus_latencies(kafka_address, environment))
        bare += asyncio.run(bare_latencies(kafka_address, topic))
    finally:
        asyncio.run(delete(kafka_address, topic))
    (p50, p99), (bare50, bare99) = quantiles(ours), quantiles(bare)
    benchmark.extra_info.update(
        p50_ms=p50, p99_ms=p99, aiokafka_p50_ms=bare50, aiokafka_p99_ms=bare99,
        ratio_p50=round(p50 / bare50, 2), ratio_p99=round(p99 / bare99, 2),
    )  # fmt: skip
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
