"""Reading by position: inclusive, bounded, past markers and aborted data, without any group."""

from __future__ import annotations

import asyncio

import pytest

from workbench.errors import OffsetOutOfRangeError, UnknownTopicError, ValidationError
from workbench.model import NewRecord, TopicPartition
from workbench.testing import create_test_event


@pytest.fixture
async def ten(bus):
    """A bus with ten events on the only partition of ``numbers``."""
    await bus.create_topic("numbers", 1)
    for n in range(10):
        await bus.publish_event(create_test_event(payload={"n": n}), target_topic="numbers")
    return bus


def numbers(events):
    return [event.payload["n"] for event in events]


@pytest.mark.promise("KA-5")
async def test_an_offset_is_inclusive_and_the_number_bounded(ten):
    assert numbers(await ten.consume_from_partition("numbers", 0, 0)) == list(range(10))
    assert numbers(await ten.consume_from_partition("numbers", 0, 7)) == [7, 8, 9]
    assert numbers(await ten.consume_from_partition("numbers", 0, 2, 3)) == [2, 3, 4]
    assert numbers(await ten.consume_from_partition("numbers", 0, 2, max_messages=0)) == []
    found = await ten.consume_from_partition("numbers", 0, 4, 1)
    assert [(e.record.topic, e.record.partition, e.record.offset) for e in found] == [
        (ten.physical_name("numbers"), 0, 4),
    ]


@pytest.mark.promise("KA-5")
async def test_a_hundred_are_read_unless_told(bus):
    await bus.create_topic("many", 1)
    events = [create_test_event(event_type="task.started", payload={"n": n}) for n in range(120)]
    await asyncio.gather(*(bus.publish_event(event, target_topic="many") for event in events))
    assert len(await bus.consume_from_partition("many", 0, 0)) == 100
    assert len(await bus.consume_from_partition("many", 0, 0, 1_000)) == 120


@pytest.mark.promise("KA-5")
async def test_the_end_of_the_log_is_empty_and_beyond_it_an_error(ten):
    assert await ten.consume_from_partition("numbers", 0, 10) == []
    with pytest.raises(OffsetOutOfRangeError) as caught:
        await ten.consume_from_partition("numbers", 0, 11)
    assert (caught.value.offset, caught.value.low, caught.value.high) == (11, 0, 10)
    await ten._log.delete_records({TopicPartition(ten.physical_name("numbers"), 0): 4})
    with pytest.raises(OffsetOutOfRangeError) as caught:
        await ten.consume_from_partition("numbers", 0, 3)
    assert (caught.value.offset, caught.value.low, caught.value.high) == (3, 4, 10)
    assert numbers(await ten.consume_from_partition("numbers", 0, 4, 2)) == [4, 5]


@pytest.mark.promise("KA-5")
@pytest.mark.parametrize(
    ("arguments", "faults"),
    [((0, -1), ["offset"]), ((0, 0, -1), ["max_messages"]), ((-1, 0), ["partition"])],
)
async def test_negative_numbers_are_refused(ten, arguments, faults):
    with pytest.raises(ValidationError) as caught:
        await ten.consume_from_partition("numbers", *arguments)
    assert [path for path, _, _ in caught.value.errors] == faults


@pytest.mark.promise("KA-5")
async def test_what_does_not_exist_is_said(ten):
    with pytest.raises(UnknownTopicError):
        await ten.consume_from_partition("nobody_made_it", 0, 0)
    with pytest.raises(UnknownTopicError):
        await ten.consume_from_partition("numbers", 1, 0)
    with pytest.raises(ValidationError):
        await ten.consume_from_partition("no spaces", 0, 0)
    assert "nobody_made_it" not in await ten.list_topics()


@pytest.mark.promise("KA-5", "SF-3")
async def test_undecodable_records_count_and_stand_beside_the_events(ten):
    place = ten.physical_name("numbers")
    async with ten._log.writer() as writer:
        await writer.send([NewRecord(place, None, b"{broken", (), 0), NewRecord(place, None, None, (), 0)])
    await ten.publish_event(create_test_event(payload={"n": 10}), target_topic="numbers")
    found = await ten.consume_from_partition("numbers", 0, 9, 3)
    assert numbers(found) == [9]
    assert [(bad.record.offset, bad.record.value) for bad in found.undecodable] == [(10, b"{broken"), (11, None)]
    entries = await ten.read_records("numbers", 0, 9, 4)
    assert [entry.record.offset for entry in entries] == [9, 10, 11, 12]


@pytest.mark.promise("KA-5")
async def test_markers_and_aborted_data_are_passed(ten):
    kept = create_test_event(payload={"n": 10})

    async def aborted():
        async with ten.transaction("tx"):
            await ten.publish_to_partition("numbers", 0, create_test_event(payload={"n": -1}), "tx")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await aborted()
    await ten.publish_to_partition("numbers", 0, kept, "tx")
    found = await ten.consume_from_partition("numbers", 0, 9)
    assert numbers(found) == [9, 10]
    assert found.undecodable == []
    assert found[1].record.offset > 11
    assert await ten.consume_from_partition("numbers", 0, found[1].record.offset + 1) == []


@pytest.mark.promise("KA-5")
async def test_the_end_is_frozen_at_the_call(ten):
    stop = asyncio.Event()

    async def keep_publishing():
        while not stop.is_set():
            await ten.publish_event(create_test_event(payload={"n": -1}), target_topic="numbers")

    publishing = asyncio.ensure_future(keep_publishing())
    async with asyncio.timeout(30):
        found = await ten.consume_from_partition("numbers", 0, 0, 1_000_000)
    stop.set()
    await publishing
    assert numbers(found)[:10] == list(range(10))
    assert (await ten.partition_info("numbers"))[0]["end"] > len(found)


@pytest.mark.promise("KA-5")
async def test_reading_by_position_makes_no_group(ten):
    own = f"{ten.topic_prefix}.{ten.environment}."
    await ten.consume_from_partition("numbers", 0, 0)
    assert [group.group_id for group in await ten.groups() if group.group_id.startswith(own)] == []
