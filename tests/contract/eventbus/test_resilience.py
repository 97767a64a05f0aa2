"""Failures: attempts, waits, dead letters, security, what is never committed."""

from __future__ import annotations

import base64
import json

import pytest

from workbench.errors import NonRetryableError, RetryableError
from workbench.eventbus import EventBus, FailurePolicy, resilient_handler, send_to_dead_letter_queue
from workbench.model import NewRecord
from workbench.testing import RecordingSleep, create_test_event, wait_until


async def dead_letters(bus: EventBus) -> list:
    found = []
    for partition in (await bus.get_topic_info("dead_letter_queue"))["partitions"]:
        found += await bus.consume_from_partition("dead_letter_queue", partition["id"], 0)
    return found


async def delivered_to(bus: EventBus, handler, event, **policy):
    sleep = RecordingSleep()
    end = await bus.subscribe("user_events", "g", handler, failure_policy=FailurePolicy(sleep=sleep, **policy))
    counts = bus.subscriptions[0].delivery.counts
    await bus.publish_event(event)
    await wait_until(lambda: counts["handled"] + counts["dead_lettered"], timeout_s=30, what="the end of it")
    await end()
    return counts, sleep.waits_s


@pytest.mark.promise("RS-1", "RS-2", "RS-3", "ER-4")
async def test_a_retryable_failure_is_tried_three_times(bus):
    tries: list = []

    async def failing(event):
        tries.append(event.event_id)
        raise RetryableError(f"try {len(tries)}")

    counts, waits = await delivered_to(bus, failing, create_test_event())
    assert (len(tries), waits, counts["dead_lettered"]) == (3, [2.0, 4.0], 1)
    letter = (await dead_letters(bus))[0]
    assert (letter.payload["error_message"], letter.payload["attempts"]) == ("try 3", 3)


@pytest.mark.promise("ER-4")
async def test_a_retry_that_succeeds_is_no_dead_letter(bus):
    tries: list = []

    async def second_time(event):
        tries.append(event)
        if len(tries) == 1:
            raise RetryableError("not yet")

    counts, waits = await delivered_to(bus, second_time, create_test_event())
    assert (counts["handled"], counts["dead_lettered"], waits) == (1, 0, [2.0])


@pytest.mark.promise("RS-4", "RS-5", "RS-6", "RS-7", "ER-5", "BP-5")
async def test_a_non_retryable_failure_is_dead_lettered_at_once(bus):
    async def refusing(_event):
        raise NonRetryableError("no such account 42")

    event = create_test_event(priority=8, headers={"schema_version": "3.1.0"}, token="tok-marked", user_id="u")  # noqa: S106
    counts, waits = await delivered_to(bus, refusing, event)
    assert (counts["dead_lettered"], waits) == (1, [])
    letter = (await dead_letters(bus))[0]
    assert (letter.event_type, letter.metadata.source) == ("system.dead_letter", "error_handler")
    assert letter.metadata.correlation_id == event.metadata.correlation_id
    assert letter.metadata.causation_id == event.event_id
    assert (letter.metadata.priority, letter.metadata.headers["schema_version"]) == (8, "3.1.0")
    payload = letter.payload
    assert payload["original_event"] == event.payload
    assert payload["original_topic"] == bus.physical_name("user_events")
    assert payload["error_type"] == "NonRetryableError"
    original = json.loads(base64.b64decode(payload["original_value_b64"]))
    assert original["event_id"] == event.event_id
    assert letter.record.topic == bus.physical_name("dead_letter_queue")
    assert b"tok-marked" not in letter.record.value


@pytest.mark.promise("BP-5")
async def test_an_unknown_exception_is_dead_lettered_whatever_it_is(bus):
    class Odd(BaseException):
        pass

    async def odd(_event):
        raise Odd("not an Exception")

    counts, _ = await delivered_to(bus, odd, create_test_event())
    assert counts["dead_lettered"] == 1
    assert (await dead_letters(bus))[0].payload["error_type"] == "Odd"


async def test_a_filter_that_raises_is_a_failed_handler(bus):
    end = await bus.subscribe_to_topic("user_events", "g", _nothing, lambda e: e.payload["missing"])
    await bus.publish_event(create_test_event())
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["dead_lettered"], what="the dead letter")
    await end()


async def _nothing(_event):
    pass


@pytest.mark.promise("SF-3")
async def test_a_malformed_body_never_reaches_a_handler(bus, log_address):
    received: list = []

    async def keep(event):
        received.append(event)

    end = await bus.subscribe_to_topic("user_events", "g", keep)
    async with bus._log.writer() as writer:
        await writer.send([
            NewRecord(bus.physical_name("user_events"), b"k", b"{not json", ((b"h", None),), 0),
            NewRecord(bus.physical_name("user_events"), b"k", b'{"event_id": ""}', (), 0),
            NewRecord(bus.physical_name("user_events"), b"k", None, (), 0),
        ])  # fmt: skip
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["undecodable"] >= 2 and counts["tombstone"], what="the counts")
    await wait_until(lambda: counts["dead_lettered"] >= 2, what="the dead letters")
    await end()
    assert received == []
    letters = await dead_letters(bus)
    assert {base64.b64decode(letter.payload["original_value_b64"]) for letter in letters} == {
        b"{not json", b'{"event_id": ""}',
    }  # fmt: skip


async def test_a_dead_letter_is_never_dead_lettered_again(bus):
    async def refusing(_event):
        raise NonRetryableError("no")

    end = await bus.subscribe_to_topic("dead_letter_queue", "g", refusing)
    await bus.publish_event(create_test_event(event_type="system.dead_letter"))
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["failed"], what="the failure")
    await end()
    assert len(await dead_letters(bus)) == 1


async def test_nothing_is_committed_past_a_dead_letter_that_cannot_be_written(make_bus):
    bus = make_bus(create_missing=False)
    await bus.create_topic("user_events", 1)

    async def refusing(_event):
        raise NonRetryableError("no")

    end = await bus.subscribe_to_topic("user_events", "g", refusing)
    await bus.publish_event(create_test_event())
    await wait_until(lambda: bus.subscriptions[0].blocked, timeout_s=45, what="the trouble")
    assert list((await bus.lag("g")).get("g", {}).values()) in ([], [1])
    await bus.create_topic("dead_letter_queue", 1)
    await wait_until(
        lambda: bus.subscriptions[0].delivery.counts["dead_lettered"], timeout_s=45, what="the dead letter"
    )
    await end()
    assert list((await bus.lag("g"))["g"].values()) == [0]


@pytest.mark.promise("BP-4", "TY-10")
async def test_a_security_context_is_checked_before_the_handler(make_bus):
    received: list = []

    async def keep(event):
        received.append(event.security_context.user_id)

    bus = make_bus(permission=lambda e: "admin" in e.security_context.permissions)
    end = await bus.subscribe_to_topic("user_events", "g", keep)
    await bus.publish_event(create_test_event(user_id="eve", permissions=["read"]))
    await bus.publish_event(create_test_event(user_id="ada", permissions=["admin"]))
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["handled"] and counts["dead_lettered"], timeout_s=30, what="both")
    await end()
    assert received == ["ada"]


@pytest.mark.promise("RS-1", "RS-3")
async def test_the_documents_resilient_handler(bus):
    sleep = RecordingSleep()

    async def failing(_event):
        raise RetryableError("down")

    handler = resilient_handler(failing, dead_letters=bus, sleep=sleep)
    await handler(create_test_event())
    await send_to_dead_letter_queue(bus, create_test_event(), "by hand", attempts=2)
    assert sleep.waits_s == [2.0, 4.0]
    assert {(e.payload["error_message"], e.payload["attempts"]) for e in await dead_letters(bus)} == {
        ("down", 3), ("by hand", 2),
    }  # fmt: skip
