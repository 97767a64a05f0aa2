"""Publishing: routes, isolation, expiry, refusals, batches."""

from __future__ import annotations

import asyncio
import pickle
import uuid
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from workbench.errors import PublishError, ValidationError
from workbench.eventbus import EventBus, batch_publish_events, publish_batch_outcomes
from workbench.model.events.event import EventType
from workbench.testing import create_test_event, wait_until


async def read(bus: EventBus, topic: str) -> list:
    found = []
    for partition in (await bus.get_topic_info(topic))["partitions"]:
        found += await bus.consume_from_partition(topic, partition["id"], 0)
    return found


@pytest.mark.promise("PB-5", "ET-1", "ET-2", "ET-3", "ET-4", "ET-5", "ET-6", "ET-7", "ET-8")
async def test_each_type_goes_to_the_topic_of_its_domain(bus):
    for event_type in get_args(EventType):
        event = create_test_event(event_type=event_type)
        assert await bus.publish_event(event) is True
        found = await read(bus, f"{event_type.split('.')[0]}_events")
        assert event.event_id in {e.event_id for e in found}
        assert all(e.known_type for e in found)


@pytest.mark.promise("PB-5")
async def test_a_target_overrides_the_route(bus):
    event = create_test_event()
    await bus.publish_event(event, target_topic="elsewhere")
    assert [e.event_id for e in await read(bus, "elsewhere")] == [event.event_id]
    assert (await bus.get_topic_info("user_events"))["exists"] is False


@pytest.mark.promise("ET-9")
async def test_dead_letters_are_an_extension_with_a_topic_of_their_own(bus):
    event = create_test_event(event_type="system.dead_letter")
    assert await bus.publish_event(event) is True
    assert [e.event_id for e in await read(bus, "dead_letter_queue")] == [event.event_id]
    assert "system.dead_letter" not in get_args(EventType)


@pytest.mark.promise("PB-10", "TY-6", "BP-1", "CF-3", "CF-4")
async def test_environments_are_isolated(make_bus, log_address):
    prefix = f"acme-{uuid.uuid4().hex[:8]}"
    prod, staging = (make_bus(environment=name, topic_prefix=prefix) for name in ("prod-x", "staging-x"))
    event = create_test_event()
    assert event.metadata.environment == "dev"
    await prod.publish_event(event)
    assert event.metadata.environment == "dev"
    stored = await read(prod, "user_events")
    assert [e.metadata.environment for e in stored] == ["prod-x"]
    assert stored[0].record.topic == f"{prefix}.prod-x.user_events"
    assert (await staging.get_topic_info("user_events"))["exists"] is False
    with pytest.raises(ValidationError) as caught:
        await staging.publish_event(create_test_event(environment="prod-x"))
    assert [path for path, _, _ in caught.value.errors] == ["metadata.environment"]


@pytest.mark.promise("PB-4", "ER-2")
async def test_an_invalid_event_is_refused_before_any_io(make_bus):
    bus = make_bus()
    with pytest.raises(ValidationError):
        await bus.publish_event(create_test_event(event_id=""))
    assert "new" in repr(bus)


@pytest.mark.promise("PB-3", "ER-1")
async def test_an_unknown_topic_is_a_publish_error_that_pickles(make_bus):
    bus = make_bus(create_missing=False)
    with pytest.raises(PublishError) as caught:
        await bus.publish_event(create_test_event(), target_topic="nobody_made_it")
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert error.topic.endswith("nobody_made_it")
    assert error.event_id
    assert caught.value.__cause__ is not None


@pytest.mark.promise("PB-3")
async def test_a_record_over_the_limit_is_refused_and_the_bus_goes_on(bus):
    await bus.create_topic("small", 1, config={"max.message.bytes": "2000"})
    with pytest.raises(PublishError):
        await bus.publish_event(create_test_event(payload={"text": "x" * 5_000}), target_topic="small")
    assert await bus.publish_event(create_test_event(), target_topic="small") is True


@pytest.mark.promise("TY-8")
async def test_an_expired_event_is_not_published_and_not_delivered(bus):
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    outcome = await bus.publish_outcome(create_test_event(timestamp=old, ttl_seconds=60))
    assert (outcome.status, await bus.publish_event(create_test_event(timestamp=old, ttl_seconds=60))) == (
        "skipped",
        False,
    )


async def test_a_closed_bus_says_so(make_bus):
    bus = make_bus()
    await bus.publish_event(create_test_event())
    await bus.aclose()
    await bus.aclose()
    with pytest.raises(PublishError, match="closed"):
        await bus.publish_event(create_test_event())


async def test_all_events_and_raw_names_are_not_published_to(bus):
    for name in ("all_events", "raw:anything"):
        with pytest.raises(ValidationError):
            await bus.publish_event(create_test_event(), target_topic=name)


async def test_a_read_only_bus_writes_nothing(make_bus):
    bus = make_bus(read_only=True)
    with pytest.raises(PublishError, match="read-only"):
        await bus.publish_event(create_test_event())
    with pytest.raises(PublishError, match="read-only"):
        await bus.create_topic("t")


@pytest.mark.promise("PF-1", "PF-2", "BP-6", "CF-5")
async def test_batches_keep_one_result_per_event(bus):
    events = [create_test_event() for _ in range(250)]
    events[117] = create_test_event(priority=99)
    done = await bus.batch_publish_events(events)
    assert [type(one) for one in done] == [bool] * 250
    assert [index for index, one in enumerate(done) if not one] == [117]
    outcomes = await publish_batch_outcomes(bus, events[110:120], 4)
    assert [o.status for o in outcomes] == ["acked"] * 7 + ["failed"] + ["acked"] * 2
    assert isinstance(outcomes[7].error, ValidationError)


@pytest.mark.promise("PF-1")
async def test_batches_are_concurrent_inside_and_follow_one_another():
    under_way, most, order = 0, 0, []

    class Slow:
        async def publish_event(self, event, target_topic=None):
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            order.append(int(event.metadata.correlation_id))
            await asyncio.sleep(0.001)
            under_way -= 1
            return True

    events = [create_test_event(correlation_id=str(n)) for n in range(25)]
    assert await batch_publish_events(Slow(), events, batch_size=10) == [True] * 25
    assert most == 10
    assert [set(order[:10]), set(order[10:20])] == [set(range(10)), set(range(10, 20))]
    with pytest.raises(ValidationError):
        await batch_publish_events(Slow(), events, batch_size=0)


@pytest.mark.promise("BP-3")
async def test_the_schema_version_is_a_record_header(bus):
    await bus.publish_event(create_test_event(), target_topic="versions")
    await bus.publish_event(create_test_event(headers={"schema_version": "2.0.0"}), target_topic="versions")
    said = sorted(dict(e.record.headers)[b"schema_version"] for e in await read(bus, "versions"))
    assert said == [b"1.0.0", b"2.0.0"]


@pytest.mark.promise("BP-2", "TY-5")
async def test_what_a_handler_publishes_is_caused_by_its_event(bus):
    async def answer(event):
        await bus.publish_event(
            create_test_event(event_type="task.started", correlation_id=event.metadata.correlation_id)
        )

    end = await bus.subscribe_to_topic("user_events", "answers", answer)
    first = create_test_event()
    await bus.publish_event(first)
    tasks = []
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"], what="the handler")
    tasks = await read(bus, "task_events")
    await end()
    assert [e.metadata.causation_id for e in tasks] == [first.event_id]
