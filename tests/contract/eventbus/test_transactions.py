"""Transactions of the adapter: one per call, joined, aborted, fenced."""

from __future__ import annotations

import pytest

from workbench.errors import PublishError, ValidationError
from workbench.testing import create_test_event


@pytest.fixture
async def two_topics(bus):
    await bus.create_topic("orders", 2)
    await bus.create_topic("payments", 1)
    return bus


async def visible(bus):
    places = (("orders", 0), ("orders", 1), ("payments", 0))
    return {place: [e.event_id for e in await bus.consume_from_partition(*place, 0)] for place in places}


def nothing_visible():
    return {("orders", 0): [], ("orders", 1): [], ("payments", 0): []}


@pytest.mark.promise("KA-4")
async def test_a_call_with_an_id_is_one_transaction(two_topics):
    bus = two_topics
    first, second = create_test_event(), create_test_event()
    assert await bus.publish_to_partition("orders", 0, first, "tx-1") is True
    assert (await visible(bus))["orders", 0] == [first.event_id]
    assert await bus.publish_to_partition("orders", 0, second, transaction_id="tx-1") is True
    assert (await visible(bus))["orders", 0] == [first.event_id, second.event_id]
    ends = (await bus.partition_info("orders"))[0]["end"]
    assert ends > 2, "a marker follows each transaction"


@pytest.mark.promise("KA-4", "KA-7")
async def test_a_joined_transaction_is_seen_whole_or_not_at_all(two_topics):
    bus = two_topics
    events = [create_test_event() for _ in range(3)]
    async with bus.transaction("tx-joined"):
        await bus.publish_to_partition("orders", 0, events[0], "tx-joined")
        await bus.publish_to_partition("orders", 1, events[1], "tx-joined")
        assert await visible(bus) == nothing_visible()
        await bus.publish_to_partition("payments", 0, events[2], "tx-joined")
        assert await visible(bus) == nothing_visible()
    assert list((await visible(bus)).values()) == [[e.event_id] for e in events]


@pytest.mark.promise("KA-4", "KA-7")
async def test_leaving_by_an_exception_aborts_and_the_id_goes_on(two_topics):
    bus = two_topics

    class CrashError(Exception):
        pass

    async def broken():
        async with bus.transaction("tx-broken"):
            await bus.publish_to_partition("orders", 0, create_test_event(), "tx-broken")
            await bus.publish_to_partition("payments", 0, create_test_event(), "tx-broken")
            raise CrashError

    with pytest.raises(CrashError):
        await broken()
    assert await visible(bus) == nothing_visible()
    after = create_test_event()
    assert await bus.publish_to_partition("orders", 0, after, "tx-broken") is True
    assert (await visible(bus))["orders", 0] == [after.event_id]


@pytest.mark.promise("KA-4")
async def test_another_id_inside_a_transaction_raises(two_topics):
    bus = two_topics

    async def mixed():
        async with bus.transaction("tx-a"):
            await bus.publish_to_partition("orders", 0, create_test_event(), "tx-a")
            await bus.publish_to_partition("orders", 1, create_test_event(), "tx-b")

    with pytest.raises(PublishError, match="'tx-a' is open"):
        await mixed()
    assert await visible(bus) == nothing_visible()

    async def nested():
        async with bus.transaction("tx-a"), bus.transaction("tx-a"):
            pass

    with pytest.raises(PublishError, match="already open"):
        await nested()


@pytest.mark.promise("KA-4")
async def test_a_second_owner_fences_the_first(make_bus):
    first, second = make_bus(), make_bus()
    await first.create_topic("orders", 1)

    async def overtaken():
        async with first.transaction("tx-owned"):
            await first.publish_to_partition("orders", 0, create_test_event(), "tx-owned")
            assert await second.publish_to_partition("orders", 0, winner, "tx-owned") is True
            await first.publish_to_partition("orders", 0, create_test_event(), "tx-owned")

    winner = create_test_event()
    with pytest.raises(PublishError):
        await overtaken()
    assert [e.event_id for e in await second.consume_from_partition("orders", 0, 0)] == [winner.event_id]


@pytest.mark.promise("KA-7")
async def test_a_bus_that_ends_inside_a_transaction_leaves_nothing(make_bus):
    crashing, watching = make_bus(), make_bus()
    await crashing.create_topic("orders", 1)
    transaction = crashing.transaction("tx-lost")
    await transaction.__aenter__()
    await crashing.publish_to_partition("orders", 0, create_test_event(), "tx-lost")
    await crashing.aclose()
    with pytest.raises(PublishError):
        await transaction.__aexit__(None, None, None)
    after = create_test_event()
    await watching.publish_to_partition("orders", 0, after, "tx-lost")
    assert [e.event_id for e in await watching.consume_from_partition("orders", 0, 0)] == [after.event_id]


@pytest.mark.promise("KA-4", "PB-4")
async def test_an_invalid_event_begins_no_transaction(two_topics):
    bus = two_topics
    with pytest.raises(ValidationError):
        await bus.publish_to_partition("orders", 0, create_test_event(priority=99), "tx-invalid")
    assert (await bus.partition_info("orders"))[0]["end"] == 0
