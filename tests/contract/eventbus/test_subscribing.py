"""Subscribing: groups, order, filters, at-least-once, drain, several environments."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from workbench.bus.kafka.member import KafkaMember
from workbench.bus.memory.member import MemoryMember
from workbench.errors import SubscriptionError
from workbench.eventbus import setup_load_balanced_consumers
from workbench.model import TopicPartition
from workbench.testing import create_test_event, wait_until


def into(received: list):
    async def handler(event):
        received.append(event)

    return handler


@pytest.mark.promise("PB-8", "ER-3")
async def test_a_subscription_that_cannot_be_is_an_error_and_leaves_nothing(make_bus):
    bus = make_bus(create_missing=False)
    with pytest.raises(SubscriptionError) as caught:
        await bus.subscribe_to_topic("nobody_made_it", "g", into([]))
    assert (caught.value.topic, caught.value.group_id) == ("nobody_made_it", "g")
    assert bus.subscriptions == ()
    assert not any(group.group_id.endswith(".g") and group.members for group in await bus.groups())


@pytest.mark.parametrize("dropped", [1, 2])
async def test_start_positions_are_committed_although_the_group_rebalances(bus, monkeypatch, dropped):
    drops = iter(range(dropped))
    for kind in (KafkaMember, MemoryMember):
        commit = kind.commit

        async def commit_later(self, offsets, commit=commit):
            # What a client does with a commit that meets a rebalance: nothing, and no error.
            if next(drops, None) is None:
                await commit(self, offsets)

        monkeypatch.setattr(kind, "commit", commit_later)
    await bus.subscribe_to_topic("rebalanced", "g", into([]))
    group = bus.subscriptions[0].delivery.consumer_group
    stored = {p: offset.offset for p, offset in (await bus._log.committed(group)).items()}
    assert stored == {TopicPartition(bus.physical_name("rebalanced"), partition): 0 for partition in range(3)}


@pytest.mark.promise("PB-7")
async def test_the_committed_offset_passes_what_a_filter_rejects(bus):
    end = await bus.subscribe_to_topic("user_events", "picky", into([]), lambda _: False)
    await bus.batch_publish_events([create_test_event() for _ in range(20)])
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["filtered"] >= 20, what="filtering")
    await end()
    assert sum(lag or 0 for lag in (await bus.lag("picky"))["picky"].values()) == 0


@pytest.mark.promise("PB-13")
async def test_complementary_filters_split_the_stream(bus):
    even: list = []
    odd: list = []
    ends = [
        await bus.subscribe_to_topic("task_events", "even", into(even), lambda e: e.payload["n"] % 2 == 0),
        await bus.subscribe_to_topic("task_events", "odd", into(odd), lambda e: e.payload["n"] % 2 == 1),
    ]
    await bus.batch_publish_events([create_test_event(event_type="task.started", payload={"n": n}) for n in range(30)])
    await wait_until(lambda: len(even) + len(odd) >= 30, what="delivery")
    for end in ends:
        await end()
    assert Counter(e.payload["n"] for e in (*even, *odd)) == Counter(range(30))


@pytest.mark.promise("PB-12", "PF-3")
async def test_members_of_one_group_share_the_work_and_keep_the_order(bus):
    received: list = []
    ends = await setup_load_balanced_consumers(bus, "task_events", into(received))
    await wait_until(lambda: all(s.assignment for s in bus.subscriptions), what="a share for each member")
    held = [s.assignment for s in bus.subscriptions]
    assert sorted(len(part) for part in held) == [1, 1, 1]
    assert len(frozenset().union(*held)) == 3
    events = [
        create_test_event(event_type="task.started", correlation_id=f"flow-{n % 9}", payload={"n": n})
        for n in range(90)
    ]
    for event in events:
        await bus.publish_event(event)
    await wait_until(lambda: len(received) >= 90, timeout_s=30, what="delivery")
    for end in ends:
        await end()
    assert Counter(e.event_id for e in received) == Counter(e.event_id for e in events)
    for flow in {e.metadata.correlation_id for e in events}:
        numbers = [e.payload["n"] for e in received if e.metadata.correlation_id == flow]
        assert numbers == sorted(numbers)


@pytest.mark.promise("PB-12")
async def test_a_member_that_leaves_hands_its_share_over(bus):
    received: list = []
    first = await bus.subscribe_to_topic("task_events", "shared", into(received))
    second = await bus.subscribe_to_topic("task_events", "shared", into(received))
    await wait_until(lambda: sum(len(s.assignment) for s in bus.subscriptions) == 3, timeout_s=30, what="the rebalance")
    await first()
    await wait_until(lambda: len(bus.subscriptions[0].assignment) == 3, timeout_s=30, what="the hand-over")
    events = [create_test_event(event_type="task.started") for _ in range(30)]
    await bus.batch_publish_events(events)
    await wait_until(lambda: len({e.event_id for e in received}) >= 30, timeout_s=30, what="delivery")
    await second()
    assert {e.event_id for e in received} == {e.event_id for e in events}


@pytest.mark.promise("PB-6", "UP-3")
async def test_the_end_waits_for_a_running_handler_and_commits_it(bus):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_event):
        entered.set()
        await leave.wait()

    end = await bus.subscribe_to_topic("user_events", "slow", slow)
    await bus.publish_event(create_test_event())
    await asyncio.wait_for(entered.wait(), 15)
    ending = asyncio.ensure_future(end())
    await asyncio.sleep(0.05)
    assert not ending.done()
    leave.set()
    await ending
    await end()
    assert sum(lag or 0 for lag in (await bus.lag("slow"))["slow"].values()) == 0


async def test_a_handler_that_never_returns_does_not_hold_the_end_up_for_ever(make_bus):
    bus = make_bus(drain_timeout_s=0.3)
    entered = asyncio.Event()

    async def stuck(_event):
        entered.set()
        await asyncio.Event().wait()

    end = await bus.subscribe_to_topic("user_events", "stuck", stuck)
    await bus.publish_event(create_test_event())
    await asyncio.wait_for(entered.wait(), 15)
    await asyncio.wait_for(end(), 15)
    assert sum(lag or 0 for lag in (await bus.lag("stuck"))["stuck"].values()) == 1


@pytest.mark.promise("PB-12")
async def test_what_was_not_committed_is_delivered_again(make_bus):
    first, second = make_bus(drain_timeout_s=0.2), make_bus()
    entered = asyncio.Event()

    async def stuck(_event):
        entered.set()
        await asyncio.Event().wait()

    end = await first.subscribe_to_topic("user_events", "again", stuck)
    event = create_test_event()
    await first.publish_event(event)
    await asyncio.wait_for(entered.wait(), 15)
    await end()
    received: list = []
    end = await second.subscribe_to_topic("user_events", "again", into(received))
    await wait_until(lambda: received, timeout_s=30, what="the second delivery")
    await end()
    assert [e.event_id for e in received] == [event.event_id]


@pytest.mark.promise("TY-8")
async def test_an_event_that_expired_on_the_way_is_skipped_and_counted(bus):
    await bus.create_topic("user_events")
    expires = datetime.now(UTC) + timedelta(milliseconds=500)
    written = (expires - timedelta(seconds=59)).isoformat()
    await bus.publish_event(create_test_event(timestamp=written, ttl_seconds=59))
    await wait_until(lambda: datetime.now(UTC) > expires, what="the end of its time to live")
    received: list = []
    end = await bus.subscribe("user_events", "late", into(received), start="earliest")
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["expired"], what="the count")
    await end()
    assert received == []


@pytest.mark.promise("UP-2")
async def test_the_documents_filtered_subscription(bus):
    alerts: list = []
    metrics: list = []

    async def handle(event):
        if event.event_type == "workflow.failed":
            alerts.append(event)
        elif event.event_type == "workflow.completed":
            metrics.append(event)

    end = await bus.subscribe_to_topic(
        "workflow_events", "workflow_processor_group", handle,
        lambda e: e.event_type.startswith("workflow.") and e.metadata.priority >= 8,
    )  # fmt: skip
    matrix = [(kind, priority) for kind in ("failed", "completed", "paused") for priority in (5, 7, 8, 10)]
    await bus.batch_publish_events([create_test_event(event_type=f"workflow.{k}", priority=p) for k, p in matrix])
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["handled"] + counts["filtered"] >= len(matrix), what="delivery")
    await end()
    assert (sorted(e.metadata.priority for e in alerts), sorted(e.metadata.priority for e in metrics)) == (
        [8, 10],
        [8, 10],
    )


@pytest.mark.promise("UP-4")
async def test_one_router_reads_several_environments_when_they_are_named(make_bus):
    prefix = f"routed-{uuid.uuid4().hex[:8]}"
    buses = {name: make_bus(environment=name, topic_prefix=prefix) for name in ("prod-r", "staging-r", "dev-r")}
    for bus in buses.values():
        await bus.create_topic("system_events")
    router = make_bus(environment="dev-r", topic_prefix=prefix, environments=tuple(buses))
    seen: list = []
    end = await router.subscribe_to_topic("system_events", "environment_router", into(seen))
    for bus in buses.values():
        await bus.publish_event(create_test_event(event_type="system.started"))
    await wait_until(lambda: len(seen) >= 3, timeout_s=30, what="delivery")
    await end()
    assert {e.metadata.environment for e in seen} == set(buses)


@pytest.mark.promise("ES-1")
async def test_all_events_is_every_topic_but_dead_letters_and_picks_up_new_ones(bus):
    received: list = []
    await bus.create_topic("user_events")
    end = await bus.subscribe("all_events", "everything", into(received), start="earliest")
    for kind in ("user.created", "task.started", "node.registered", "data.ingested", "mcp.health_check"):
        await bus.publish_event(create_test_event(event_type=kind))
    await bus.publish_event(create_test_event(event_type="system.dead_letter"))
    await wait_until(lambda: len(received) >= 5, timeout_s=45, what="delivery")
    await end()
    assert {e.event_type for e in received} == {
        "user.created", "task.started", "node.registered", "data.ingested", "mcp.health_check",
    }  # fmt: skip
