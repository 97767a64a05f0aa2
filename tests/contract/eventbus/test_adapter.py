"""Topics, partitions and offsets of groups through the adapter, on both backends."""

from __future__ import annotations

import pytest

from workbench.errors import GroupActiveError, PublishError, TopicExistsError, UnknownTopicError, ValidationError
from workbench.eventbus import ProtocolEventBus, ProtocolKafkaAdapter
from workbench.model import TopicPartition
from workbench.testing import create_test_event, wait_until


async def ids_at(bus, topic, partition):
    return [event.event_id for event in await bus.consume_from_partition(topic, partition, 0)]


@pytest.mark.promise("PB-1", "KA-1", "PB-11")
async def test_one_bus_satisfies_both_protocols(bus):
    assert isinstance(bus, ProtocolEventBus)
    assert isinstance(bus, ProtocolKafkaAdapter)


@pytest.mark.promise("KA-2")
async def test_a_topic_gets_the_documented_shape(bus):
    assert await bus.create_topic("plain") is True
    info = await bus.get_topic_info("plain")
    assert (info["partition_count"], info["replication_factor"]) == (3, 1)
    assert info["physical_name"] == bus.physical_name("plain")


@pytest.mark.promise("KA-2")
async def test_each_setting_is_read_back(bus):
    wanted = {"retention.ms": "86400000", "cleanup.policy": "compact", "max.message.bytes": "20000"}
    await bus.create_topic("tuned", 2, 1, wanted)
    info = await bus.get_topic_info("tuned")
    assert {name: info["config"][name]["value"] for name in wanted} == wanted
    assert not any(info["config"][name]["default"] for name in wanted)
    assert info["retention"]["cleanup_policy"] == "compact"
    assert info["retention"]["ms"] == 86_400_000


@pytest.mark.promise("KA-2")
async def test_creating_twice_is_true_only_for_the_same_shape(bus):
    shape = (2, 1, {"retention.ms": "60000"})
    assert await bus.create_topic("twice", *shape) is True
    assert await bus.create_topic("twice", *shape) is True
    assert await bus.create_topic("twice", 2) is True
    with pytest.raises(TopicExistsError, match="another shape") as caught:
        await bus.create_topic("twice", 5, 1, {"retention.ms": "70000"})
    assert caught.value.topic == bus.physical_name("twice")
    assert caught.value.difference == {"partitions": (2, 5), "retention.ms": ("60000", "70000")}
    assert (await bus.get_topic_info("twice"))["partition_count"] == 2


@pytest.mark.promise("KA-2")
@pytest.mark.parametrize("bad", ["", "..", "a b", "x" * 300, "all_events", "ü"])
async def test_hostile_names_make_no_topic(bus, bad):
    before = await bus.list_topics()
    with pytest.raises(ValidationError):
        await bus.create_topic(bad)
    assert await bus.list_topics() == before


@pytest.mark.promise("KA-3")
async def test_an_event_lands_on_exactly_its_partition(bus):
    await bus.create_topic("placed", 3)
    events = [create_test_event(correlation_id="one-key") for _ in range(3)]
    for partition, event in enumerate(events):
        assert await bus.publish_to_partition("placed", partition, event) is True
    assert [await ids_at(bus, "placed", p) for p in range(3)] == [[event.event_id] for event in events]


@pytest.mark.promise("KA-3", "PB-3")
@pytest.mark.parametrize("partition", [3, 99])
async def test_a_partition_that_does_not_exist_is_a_publish_error(make_bus, partition):
    bus = make_bus(publish_timeout_ms=20_000)
    await bus.create_topic("placed", 3)
    with pytest.raises(PublishError) as caught:
        await bus.publish_to_partition("placed", partition, create_test_event())
    assert caught.value.topic == bus.physical_name("placed")
    assert caught.value.partition == partition
    assert await bus.publish_to_partition("placed", 0, create_test_event()) is True


@pytest.mark.promise("KA-3")
async def test_a_negative_partition_is_no_partition(bus):
    await bus.create_topic("placed", 3)
    with pytest.raises((PublishError, ValidationError)):
        await bus.publish_to_partition("placed", -1, create_test_event())
    assert [await ids_at(bus, "placed", p) for p in range(3)] == [[], [], []]


@pytest.mark.promise("KA-6")
async def test_partitions_are_added_and_described(bus):
    await bus.create_topic("growing", 2)
    await bus.publish_to_partition("growing", 1, create_test_event())
    await bus.add_partitions("growing", 4)
    found = await bus.partition_info("growing")
    assert [p["id"] for p in found] == [0, 1, 2, 3]
    assert all(p["leader"] in p["replicas"] and p["leader"] in p["isr"] and not p["offline"] for p in found)
    assert [(p["begin"], p["end"], p["count"]) for p in found] == [(0, 0, 0), (0, 1, 1), (0, 0, 0), (0, 0, 0)]
    assert await bus.publish_to_partition("growing", 3, create_test_event()) is True
    with pytest.raises(UnknownTopicError):
        await bus.add_partitions("nobody_made_it", 4)


@pytest.mark.promise("KA-8", "PB-9", "PB-12")
async def test_groups_are_listed_and_described(bus):
    async def nothing(_event):
        pass

    await bus.create_topic("shared", 2)
    ends = [await bus.subscribe_to_topic("shared", "pair", nothing) for _ in range(2)]
    await wait_until(lambda: all(len(s.assignment) == 1 for s in bus.subscriptions), timeout_s=30, what="a share each")
    physical = bus.physical_name("pair")

    async def described():
        return next(group for group in await bus.groups() if group.group_id == physical)

    async def stable():
        return (await described()).state == "Stable"

    await wait_until(stable, timeout_s=30, what="a stable group")
    group = await described()
    held = sorted(str(p) for member in group.members for p in member.partitions)
    assert len(group.members) == 2
    assert held == [str(TopicPartition(bus.physical_name("shared"), p)) for p in range(2)]
    shape = next(g for g in (await bus.get_topic_info("shared"))["consumer_groups"] if g["group_id"] == physical)
    assert (shape["members"], shape["state"]) == (2, "Stable")
    for end in ends:
        await end()
    assert (await described()).members == ()


async def group_at_end(bus, number):
    """A group that committed the end of a topic of one partition with so many events."""

    async def nothing(_event):
        pass

    await bus.create_topic("counted", 1)
    end = await bus.subscribe_to_topic("counted", "readers", nothing)
    for _ in range(number):
        await bus.publish_event(create_test_event(), target_topic="counted")
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"] >= number, timeout_s=30, what="delivery")
    await end()
    return TopicPartition(bus.physical_name("counted"), 0)


@pytest.mark.promise("KA-9", "PB-9")
async def test_committed_offsets_and_lag(bus):
    place = await group_at_end(bus, 4)
    assert (await bus.committed("readers"))[place].offset == 4
    for _ in range(3):
        await bus.publish_event(create_test_event(), target_topic="counted")
    assert await bus.lag("readers") == {"readers": {place: 3}}
    assert (await bus.lag())["readers"] == {place: 3}
    shape = (await bus.get_topic_info("counted"))["consumer_groups"]
    assert [(g["lag_per_partition"], g["total_lag"]) for g in shape] == [({0: 3}, 3)]
    assert await bus.committed("nobody_reads") == {}
    assert await bus.lag("nobody_reads") == {"nobody_reads": {}}


@pytest.mark.promise("KA-9")
async def test_a_reset_is_planned_first_done_then_and_undone(bus):
    place = await group_at_end(bus, 4)
    plan = await bus.reset_offsets("readers", {place: 1})
    assert (plan.before, plan.after, plan.done, plan.clamped) == ({place: 4}, {place: 1}, False, ())
    assert (await bus.committed("readers"))[place].offset == 4
    done = await bus.reset_offsets("readers", {place: 1}, dry_run=False)
    assert (done.before, done.done) == ({place: 4}, True)
    assert (await bus.committed("readers"))[place].offset == 1
    received = []

    async def keep(event):
        received.append(event.record.offset)

    end = await bus.subscribe_to_topic("counted", "readers", keep)
    await wait_until(lambda: len(received) >= 3, timeout_s=30, what="delivery after the reset")
    await end()
    assert received == [1, 2, 3]
    undone = await bus.reset_offsets("readers", {p: o for p, o in done.before.items() if o is not None}, dry_run=False)
    assert (undone.after, undone.done) == ({place: 4}, True)


@pytest.mark.promise("KA-9")
async def test_a_reset_stays_inside_the_log(bus):
    place = await group_at_end(bus, 4)
    for wish, kept in ((99, 4), (-5, 0)):
        plan = await bus.reset_offsets("readers", {place: wish})
        assert (plan.after, plan.clamped) == ({place: kept}, (place,))


@pytest.mark.promise("KA-9")
async def test_a_group_with_members_is_not_reset(bus):
    async def nothing(_event):
        pass

    await bus.create_topic("counted", 1)
    end = await bus.subscribe_to_topic("counted", "readers", nothing)
    place = TopicPartition(bus.physical_name("counted"), 0)
    with pytest.raises(GroupActiveError) as caught:
        await bus.reset_offsets("readers", {place: 0}, dry_run=False)
    assert caught.value.group_id == bus.physical_name("readers")
    assert len(caught.value.members) == 1
    await end()


@pytest.mark.promise("KA-9")
async def test_a_read_only_bus_resets_nothing(make_bus):
    writer, reader = make_bus(), make_bus(read_only=True)
    place = await group_at_end(writer, 2)
    assert (await reader.reset_offsets("readers", {place: 0})).done is False
    for change in (
        reader.reset_offsets("readers", {place: 0}, dry_run=False),
        reader.add_partitions("counted", 2),
        reader.publish_to_partition("counted", 0, create_test_event()),
    ):
        with pytest.raises(PublishError, match="read-only"):
            await change
    assert (await writer.committed("readers"))[place].offset == 2


@pytest.mark.promise("KA-10")
async def test_dead_letters_through_the_adapter(bus):
    async def refusing(_event):
        raise ValueError("order 17 has price -3.50")

    await bus.create_topic("orders", 1)
    await bus.create_topic("dead_letter_queue", 1)
    end = await bus.subscribe_to_topic("orders", "billing", refusing)
    event = create_test_event()
    await bus.publish_to_partition("orders", 0, event)
    await wait_until(
        lambda: bus.subscriptions[0].delivery.counts["dead_lettered"], timeout_s=30, what="the dead letter"
    )
    await end()
    (letter,) = await bus.consume_from_partition("dead_letter_queue", 0, 0)
    payload = letter.payload
    assert (payload["original_topic"], payload["original_partition"], payload["original_offset"]) == (
        bus.physical_name("orders"), 0, 0,
    )  # fmt: skip
    assert payload["error_fingerprint"] == "94e8757d82cf"
    assert payload["consumer_group"] == bus.physical_name("billing")
    assert letter.record.key == event.metadata.correlation_id.encode()
