"""Streaming by the Redpanda adapter against the Kafka adapter and bare aiokafka, in turns and in the same run.

On Apache Kafka, unless ``WORKBENCH_REDPANDA`` names a Redpanda.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections import defaultdict

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from redpanda_host import REDPANDA

from workbench.bus import open_log
from workbench.decoding.conventions.contract import encode_event
from workbench.eventbus import EventBus, RedpandaEventBus
from workbench.testing import create_test_event

EVENTS = int(os.environ.get("BENCH_EVENTS", "20000"))
BATCH = 1_000
ROUNDS = 3
pytestmark = [pytest.mark.bench, pytest.mark.broker, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def broker(request):
    """``host:port`` of the Redpanda that is named, else of a Kafka."""
    return request.getfixturevalue("kafka_address")


def events():
    payload = {"workflow": 17, "task": 3, "state": "completed", "note": "x" * 200}
    return [
        create_test_event(event_type="task.completed", payload=payload, correlation_id=f"flow-{n % 500}")
        for n in range(EVENTS)
    ]


class Stopwatch:
    """Wall and CPU seconds of each part of a run, by name; the fastest turn counts."""

    def __init__(self) -> None:
        self.turns = defaultdict(list)

    def note(self, name, wall, cpu):
        self.turns[name].append((time.perf_counter() - wall, time.process_time() - cpu))

    def wall(self, name):
        return min(wall for wall, _ in self.turns[name])

    def cpu(self, name):
        return min(cpu for _, cpu in self.turns[name])


def begin():
    return time.perf_counter(), time.process_time()


async def adapter_turn(make, name, address, watch):
    """Publish all events to one partition in batches, and read them by position."""
    made = events()
    environment = f"bench-{uuid.uuid4().hex[:8]}"
    async with make(open_log(f"{'redpanda' if REDPANDA else 'kafka'}://{address}"), environment=environment) as bus:
        await bus.create_topic("task_events", 1)
        await bus.publish_event(made[0])
        start = begin()
        assert all(await bus.batch_publish_events(made, batch_size=BATCH))
        watch.note(f"{name} publish", *start)
        start = begin()
        read = await bus.consume_from_partition("task_events", 0, 1, max_messages=EVENTS)
        watch.note(f"{name} consume", *start)
        assert [event.event_id for event in read] == [event.event_id for event in made]
    async with open_log(f"kafka://{address}") as log:
        await log.delete_topic(f"onex.{environment}.task_events")


async def aiokafka_turn(address, watch):
    """The same records, encoded beforehand and not decoded afterwards."""
    records = [encode_event(event) for event in events()]
    rows = [(one.key, one.value, [(name.decode(), value) for name, value in one.headers]) for one in records]
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    async with open_log(f"kafka://{address}") as log:
        await log.create_topic(topic)
        async with AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True) as producer:
            await producer.send_and_wait(topic, b"warm")
            start = begin()
            for first in range(0, EVENTS, BATCH):
                batch = rows[first : first + BATCH]
                sent = [await producer.send(topic, value, key, headers=headers) for key, value, headers in batch]
                await asyncio.gather(*sent)
            watch.note("aiokafka publish", *start)
        async with AIOKafkaConsumer(bootstrap_servers=address, isolation_level="read_committed") as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            consumer.seek(TopicPartition(topic, 0), 1)
            start, seen = begin(), 0
            while seen < EVENTS:
                seen += sum(map(len, (await consumer.getmany(timeout_ms=1_000)).values()))
            watch.note("aiokafka consume", *start)
        await log.delete_topic(topic)


@pytest.mark.promise("RP-4")
def test_streaming(benchmark, broker):
    watch = Stopwatch()

    def turn():
        asyncio.run(adapter_turn(RedpandaEventBus, "redpanda adapter", broker, watch))
        asyncio.run(adapter_turn(EventBus, "kafka adapter", broker, watch))
        asyncio.run(aiokafka_turn(broker, watch))

    benchmark.pedantic(turn, rounds=1)
    for _ in range(ROUNDS - 1):
        turn()
    for what in ("publish", "consume"):
        ours = f"redpanda adapter {what}"
        figures = {f"{what} events per second": round(EVENTS / watch.wall(ours))}
        figures[f"{what} cpu us per event"] = round(watch.cpu(ours) / EVENTS * 1e6, 1)
        for peer in ("kafka adapter", "aiokafka"):
            theirs = f"{peer} {what}"
            figures[f"{what} ratio to {peer}"] = round(watch.wall(theirs) / watch.wall(ours), 2)
            figures[f"{what} cpu ratio to {peer}"] = round(watch.cpu(theirs) / watch.cpu(ours), 2)
        benchmark.extra_info.update(figures)
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
