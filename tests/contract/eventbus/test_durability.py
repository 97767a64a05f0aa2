"""On a real Kafka: many events once and in order, consumers that are killed, brokers that are away or restarted."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.bus.kafka.local.ports import free_port
from workbench.errors import BrokerUnavailableError, PublishError, SubscriptionError, WorkbenchError
from workbench.eventbus import EventBus, setup_load_balanced_consumers
from workbench.testing import create_test_event, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

CHILD = Path(__file__).parents[2] / "support" / "consumer_child.py"
MANY, PUBLISHED_AT_ONCE = 8_000, 2_000
"""Several fetches and commits for each member; `tests/bench` measures larger counts."""
SESSION_MS = 6_000
"""The shortest that a broker allows by default: for so long it waits for a member that was killed."""


@pytest.fixture
def log_address(kafka_address):
    """Only Kafka: what is proven here is about brokers and processes."""
    return f"kafka://{kafka_address}"


@pytest.mark.promise("PF-1", "PF-3", "BP-6", "PB-12")
async def test_many_events_arrive_once_per_group_in_partition_order(make_bus):
    bus = make_bus(publish_timeout_ms=120_000)
    await bus.create_topic("user_events", 3)
    seen: dict[str, list[tuple[int, int]]] = {"shared": [], "alone": []}

    def into(group):
        async def handler(event):
            seen[group].append((event.record.partition, event.record.offset))

        return handler

    ends = await setup_load_balanced_consumers(bus, "user_events", into("shared"), 2, "shared")
    ends.append(await bus.subscribe_to_topic("user_events", "alone", into("alone")))
    await wait_until(lambda: all(s.assignment for s in bus.subscriptions), timeout_s=30, what="shares")
    for start in range(0, MANY, PUBLISHED_AT_ONCE):
        numbers = range(start, start + PUBLISHED_AT_ONCE)
        events = [create_test_event(correlation_id=f"flow-{n % 500}") for n in numbers]
        assert await bus.batch_publish_events(events, batch_size=1_000) == [True] * len(events)
    await wait_until(lambda: all(len(set(one)) >= MANY for one in seen.values()), timeout_s=120, what="delivery")
    for end in ends:
        await end()
    for places in seen.values():
        assert len(places) == MANY, "each event once"
        for partition in range(3):
            offsets = [offset for at, offset in places if at == partition]
            assert offsets == list(range(len(offsets))), "in the order of its partition"
    assert all(lag == 0 for group in (await bus.lag()).values() for lag in group.values())


@pytest.mark.promise("PB-12", "BP-5")
async def test_a_consumer_killed_between_handling_and_commit_is_delivered_again(make_bus):
    bus = make_bus(session_timeout_ms=SESSION_MS)
    await bus.create_topic("user_events", 1)
    arguments = (bus._log.address, bus.environment, "user_events", "killed", str(SESSION_MS))
    child = await asyncio.create_subprocess_exec(sys.executable, str(CHILD), *arguments, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        assert await child.stdout.readline() == b"ready\n"
        event = create_test_event()
        await bus.publish_event(event)
        assert (await child.stdout.readline()).decode().strip() == event.event_id
        assert await child.wait() == -signal.SIGKILL
    received = []

    async def keep(found):
        received.append(found.event_id)

    async with asyncio.timeout(120):
        end = await bus.subscribe_to_topic("user_events", "killed", keep)
    await wait_until(lambda: received, timeout_s=90, what="the second delivery")
    await end()
    assert received == [event.event_id]


@pytest.mark.promise("PB-3", "PB-8", "ER-1")
async def test_a_broker_that_is_not_there_is_an_error_in_bounded_time():
    port = free_port()
    bus = EventBus(open_log(f"kafka://127.0.0.1:{port}", connect_timeout_s=3), publish_timeout_ms=3_000)

    async def nothing(_event):
        pass

    for kind, call in (
        (PublishError, bus.publish_event(create_test_event())),
        (SubscriptionError, bus.subscribe_to_topic("user_events", "g", nothing)),
        (BrokerUnavailableError, bus.get_topic_info("user_events")),
    ):
        began = time.monotonic()
        with pytest.raises(kind) as caught:
            await call
        assert time.monotonic() - began < 15
        assert str(port) in str(caught.value)
    await bus.aclose()


@pytest.fixture
def own_broker(packaged_kafka, tmp_path):
    """A broker of this test alone: its port and how to start it again."""
    started = local.up(0, data=tmp_path / "kafka")
    yield started.port, lambda: local.up(started.port, data=tmp_path / "kafka")
    local.down(started.port)


@pytest.mark.promise("PB-3", "BP-5")
async def test_a_broker_that_goes_away_fails_the_publish_and_restarted_loses_nothing(own_broker):
    port, restart = own_broker
    received, acknowledged = [], []

    async def keep(event):
        received.append(event.event_id)

    log = open_log(f"kafka://127.0.0.1:{port}", timeout_s=10)
    async with EventBus(log, environment="restarted", publish_timeout_ms=3_000) as bus:
        await bus.create_topic("user_events", 2)
        end = await bus.subscribe_to_topic("user_events", "g", keep)

        async def publish():
            event = create_test_event()
            assert await bus.publish_event(event) is True
            acknowledged.append(event.event_id)

        for _ in range(50):
            await publish()
        await asyncio.to_thread(local.down, port)
        began = time.monotonic()
        with pytest.raises(PublishError) as caught:
            await publish()
        assert time.monotonic() - began < 30
        assert caught.value.topic == bus.physical_name("user_events")
        await asyncio.to_thread(restart)

        async def again():
            try:
                await publish()
            except WorkbenchError:
                return False
            return True

        await wait_until(again, timeout_s=60, what="a publish after the restart")
        for _ in range(50):
            await publish()
        await wait_until(lambda: set(acknowledged) <= set(received), timeout_s=90, what="delivery of everything")
        await end()
    assert max(Counter(received).values()) <= 2
