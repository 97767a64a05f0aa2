"""The event store and sourcing by subscription: gap-free, once, across restarts."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

import pytest

from workbench.errors import SequenceConflictError, SnapshotError, ValidationError
from workbench.eventbus.event_store import EventSourcing, EventStore, reconstruct_event_message, replay_events
from workbench.eventbus.event_store.sourcing import GROUP
from workbench.testing import create_test_event, wait_until


@pytest.fixture
def store(tmp_path):
    opened = EventStore.open(tmp_path / "events.duckdb")
    yield opened
    opened.close()


async def stored(store, number, *, timeout_s=45.0):
    """Wait until so many events are in the store; return the streams."""

    async def enough():
        return sum((await store.streams()).values()) >= number

    await wait_until(enough, timeout_s=timeout_s, what=f"{number} stored events")
    return await store.streams()


@pytest.mark.promise("ES-2", "ES-3", "ES-5")
async def test_the_documents_call_works_by_position_and_by_keyword(store):
    event = create_test_event(correlation_id="flow")
    assert await store.append_event("flow", event.payload, event.event_type, event.metadata) == 1
    assert (
        await store.append_event(
            stream_id="flow", event_data=event.payload, event_type=event.event_type, metadata=event.metadata
        )
        == 2
    )
    first, second = await store.read_stream("flow")
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.event_data, first.event_type, first.metadata) == (
        event.payload, event.event_type, asdict(event.metadata),
    )  # fmt: skip
    with pytest.raises(SnapshotError, match="without its envelope"):
        reconstruct_event_message(first)


@pytest.mark.promise("ES-5")
async def test_a_stream_is_read_from_a_sequence_inclusively(store):
    for n in range(4):
        await store.append_event("flow", {"n": n}, "user.created", {"source": "s"})
    reads = {start: [e.event_data["n"] for e in await store.read_stream("flow", start)] for start in (0, 1, 3, 4, 5)}
    assert reads == {0: [0, 1, 2, 3], 1: [0, 1, 2, 3], 3: [2, 3], 4: [3], 5: []}
    assert await store.read_stream("unknown", from_sequence=0) == []


@pytest.mark.promise("ES-3")
async def test_concurrent_appends_leave_no_gap(store):
    events = [create_test_event() for _ in range(60)]
    given = await asyncio.gather(
        *(
            store.append_event(f"flow-{n % 3}", event.payload, event.event_type, event.metadata, event=event)
            for n, event in enumerate(events)
        )
    )
    assert sorted(given) == sorted(list(range(1, 21)) * 3)
    assert await store.streams() == {f"flow-{n}": 20 for n in range(3)}
    for n in range(3):
        found = await store.read_stream(f"flow-{n}")
        assert [e.sequence for e in found] == list(range(1, 21))
        assert {e.event_id for e in found} == {e.event_id for e in events[n::3]}


@pytest.mark.promise("ES-3")
async def test_optimistic_concurrency_lets_one_of_two_win(store):
    await store.append_event("flow", {}, "user.created", {})
    both = await asyncio.gather(
        *(store.append_event("flow", {"n": n}, "user.created", {}, expected_sequence=1) for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["SequenceConflictError", "int"]
    conflict = next(one for one in both if isinstance(one, SequenceConflictError))
    assert (conflict.stream_id, conflict.expected, conflict.found) == ("flow", 1, 2)
    assert await store.streams() == {"flow": 2}
    assert await store.append_event("new", {}, "user.created", {}, expected_sequence=0) == 1


@pytest.mark.promise("ES-3")
async def test_an_event_is_stored_once(store):
    event = create_test_event()
    arguments = ("flow", event.payload, event.event_type, event.metadata)
    assert await store.append_event(*arguments, event=event) == 1
    assert await store.append_event(*arguments, event=create_test_event()) == 2
    assert await store.append_event(*arguments, event=event) == 1
    assert await store.append_event("other", *arguments[1:], event=event) == 1
    assert await store.streams() == {"flow": 2, "other": 1}


async def test_what_is_no_json_is_refused_and_leaves_no_gap(store):
    with pytest.raises(ValidationError):
        await store.append_event("flow", {"n": {1, 2}}, "user.created", {})
    with pytest.raises(ValidationError):
        await store.append_event("flow", {"n": float("nan")}, "user.created", {})
    assert await store.append_event("flow", {}, "user.created", {}) == 1


@pytest.mark.promise("ES-6", "TY-10")
async def test_an_event_is_reconstructed_but_for_its_token(store):
    event = create_test_event(
        payload={"text": "Zürich \u2028", "big": 2**63, "nested": [None, {"a": 1.5}]},
        causation_id="cause", priority=9, ttl_seconds=60, headers={"schema_version": "2.0.0"}, environment="prod",
        user_id="ada", permissions=["read"], token="tok-never-stored", ip_address="::1",  # noqa: S106 - made up
    )  # fmt: skip
    await store.append_event("flow", event.payload, event.event_type, event.metadata, event=event)
    found = reconstruct_event_message((await store.read_stream("flow"))[0])
    assert found == replace(event, security_context=replace(event.security_context, token=None))


@pytest.mark.promise("ES-6")
async def test_files_outlive_the_store(tmp_path):
    event = create_test_event()
    first = EventStore.open(tmp_path / "e.duckdb")
    await first.append_event("flow", event.payload, event.event_type, event.metadata, event=event)
    first.close()
    second = EventStore.open(tmp_path / "e.duckdb")
    assert await replay_events(second, "flow") == [event]
    assert await second.append_event("flow", {}, "user.updated", {}) == 2
    second.close()


@pytest.mark.promise("ES-1", "ES-4", "ES-7")
async def test_every_event_is_stored_under_its_correlation(bus, store):
    await bus.create_topic("user_events")
    end = await EventSourcing(bus, store).start()
    kinds = ("user.created", "task.started", "node.registered", "data.ingested", "mcp.health_check")
    events = [create_test_event(event_type=kind, correlation_id="flow") for kind in kinds]
    other = create_test_event()
    for event in (*events, other):
        await bus.publish_event(event)
    await bus.publish_event(create_test_event(event_type="system.dead_letter", correlation_id="flow"))
    streams = await stored(store, 6)
    written = {topic: (await bus.get_topic_info(topic))["partitions"] for topic in await bus.list_topics()}
    await end()
    assert streams == {"flow": 5, other.metadata.correlation_id: 1}
    replayed = await replay_events(store, "flow")
    assert {e.event_id for e in replayed} == {e.event_id for e in events}
    assert [e.sequence for e in await store.read_stream("flow")] == [1, 2, 3, 4, 5]
    assert await replay_events(store, "flow", from_sequence=4) == replayed[3:]
    after = {topic: (await bus.get_topic_info(topic))["partitions"] for topic in await bus.list_topics()}
    assert after == written, "replaying sends nothing"


@pytest.mark.promise("ES-1", "ES-3")
async def test_sourcing_survives_a_restart(make_bus, tmp_path):
    publisher = make_bus()
    await publisher.create_topic("user_events", 1)
    events = [create_test_event(correlation_id="flow") for _ in range(9)]
    for part in range(3):
        store, bus = EventStore.open(tmp_path / "e.duckdb"), make_bus()
        for event in events[part * 3 : part * 3 + 3]:
            await publisher.publish_event(event)
        end = await EventSourcing(bus, store).start()
        await stored(store, part * 3 + 3)
        await end()
        await bus.aclose()
        if part < 2:
            store.close()
    found = await store.read_stream("flow")
    store.close()
    assert [(e.sequence, e.event_id) for e in found] == [(n + 1, e.event_id) for n, e in enumerate(events)]


@pytest.mark.promise("ES-1")
async def test_what_was_stored_but_not_committed_is_not_stored_twice(bus, store):
    await bus.create_topic("user_events", 1)
    event = create_test_event()
    await store.append_event(
        event.metadata.correlation_id, event.payload, event.event_type, event.metadata, event=event
    )
    await bus.publish_event(event)
    end = await EventSourcing(bus, store).start()
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"], timeout_s=30, what="the second storing")
    await end()
    assert await store.streams() == {event.metadata.correlation_id: 1}
    assert any(group.group_id == bus.physical_name(GROUP) for group in await bus.groups())
