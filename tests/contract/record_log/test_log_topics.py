"""Topics and offsets."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid

import pytest

from workbench.bus import open_log
from workbench.bus.protocols import AtCommitted, AtTime
from workbench.errors import ConfigurationError, OffsetOutOfRangeError, TopicExistsError, UnknownTopicError
from workbench.model import NewRecord, Span, TopicPartition


async def test_a_topic_is_described_as_it_was_made(log, topic, write):
    name = await topic(partitions=3, config={"retention.ms": "-1", "max.message.bytes": "20000"})
    await write(name, [b"a", b"b"], partition=1)
    (info,) = await log.describe([name])
    assert info.name == name
    assert not info.internal
    assert info.replication_factor == 1
    assert [(p.partition, p.begin, p.end) for p in info.partitions] == [(0, 0, 0), (1, 0, 2), (2, 0, 0)]
    assert all(p.leader is not None and p.leader in p.replicas and p.leader in p.isr for p in info.partitions)
    assert uuid.UUID(info.topic_id or "")
    assert (info.config["retention.ms"].value, info.config["retention.ms"].default) == ("-1", False)
    assert info.config["max.message.bytes"].value == "20000"
    assert (info.config["cleanup.policy"].value, info.config["cleanup.policy"].default) == ("delete", True)
    assert info.config["message.timestamp.type"].value == "CreateTime"
    assert info.config["message.timestamp.after.max.ms"].value == "3600000"
    assert info.unavailable == ()


async def test_names_that_do_not_exist_are_left_out_and_the_rest_is_sorted(log, topic, topic_name):
    names = sorted([await topic(), await topic()])
    found = await log.describe([*reversed(names), topic_name("absent")])
    assert [info.name for info in found] == names
    assert {info.name for info in await log.describe()} >= set(names)
    assert await log.describe([]) == []


async def test_a_recreated_topic_has_another_id(log, topic):
    name = await topic()
    (before,) = await log.describe([name])
    await log.delete_topic(name)
    assert await log.describe([name]) == []
    await log.create_topic(name)
    (after,) = await log.describe([name])
    assert after.topic_id != before.topic_id


async def test_creating_what_exists_or_cannot_be(log, topic, topic_name):
    name = await topic(partitions=2)
    with pytest.raises(TopicExistsError) as raised:
        await log.create_topic(name, partitions=2)
    assert raised.value.topic == name
    for bad, options in [
        ("no spaces", {}),
        ("..", {}),
        (topic_name(), {"partitions": 0}),
        (topic_name(), {"replication_factor": 3}),
        (topic_name(), {"config": {"retention.ms": "soon"}}),
        (topic_name(), {"config": {"no.such.setting": "1"}}),
        (topic_name(), {"config": {"cleanup.policy": "burn"}}),
    ]:
        with pytest.raises(ConfigurationError):
            await log.create_topic(bad, **options)


async def test_who_creates_a_topic_as_second_sees_it(log, address, topic_name):
    async def create(own, name):
        with contextlib.suppress(TopicExistsError):
            await own.create_topic(name, partitions=3)
        return [len(info.partitions) for info in await own.describe([name])]

    async with open_log(address) as other:
        for _ in range(8):
            name = topic_name()
            assert await asyncio.gather(*(create(own, name) for own in (log, other, log, other))) == [[3]] * 4
            await log.delete_topic(name)


async def test_partitions_grow_and_never_shrink(log, topic, topic_name, write):
    name = await topic()
    await log.add_partitions(name, 3)
    await write(name, [b"x"], partition=2)
    (info,) = await log.describe([name])
    assert len(info.partitions) == 3
    with pytest.raises(ConfigurationError):
        await log.add_partitions(name, 2)
    with pytest.raises(UnknownTopicError):
        await log.add_partitions(topic_name(), 2)
    with pytest.raises(UnknownTopicError):
        await log.delete_topic(topic_name())


async def test_offsets_by_name_and_by_time(log, topic):
    name = await topic(partitions=2)
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    now = int(time.time() * 1000)
    async with log.writer() as writer:
        times = [now - 5000, now - 3000, now - 4000, now - 1000]
        await writer.send([NewRecord(name, value=b"x", partition=0, timestamp_ms=t) for t in times])
    assert await log.offsets([zero, one], "earliest") == {zero: 0, one: 0}
    assert await log.offsets([zero, one], "latest") == {zero: 4, one: 0}
    for at, expected in [(0, 0), (now - 5000, 0), (now - 4999, 1), (now - 3000, 1), (now - 2999, 3), (now, 4)]:
        assert await log.offsets([zero, one], AtTime(at)) == {zero: expected, one: 0}


async def test_offsets_of_groups(log, topic, group_name):
    name, group = await topic(partitions=2), group_name()
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    assert await log.offsets([zero, one], AtCommitted(group)) == {zero: None, one: None}
    await log.commit_offsets(group, {zero: 7})
    assert await log.offsets([zero, one], AtCommitted(group)) == {zero: 7, one: None}


@pytest.mark.parametrize("at", ["earliest", "latest", AtTime(0), AtCommitted("nobody")])
async def test_offsets_of_what_does_not_exist_end_in_an_error(log, topic, at):
    name = await topic()
    async with asyncio.timeout(20):
        with pytest.raises(UnknownTopicError, match="no partition 5"):
            await log.offsets([TopicPartition(name, 5)], at)
        with pytest.raises(UnknownTopicError) as raised:
            await log.offsets([TopicPartition(name[:-1], 0)], at)
    assert raised.value.topic == name[:-1]
    assert name in raised.value.similar


async def test_deleted_records_move_the_log_start(log, topic, write, read_all):
    name = await topic()
    zero = TopicPartition(name, 0)
    await write(name, [b"%d" % i for i in range(10)])
    await log.delete_records({zero: 4})
    assert await log.offsets([zero], "earliest") == {zero: 4}
    assert await log.offsets([zero], AtTime(0)) == {zero: 4}
    chunks = await read_all(Span(name, 0, 4, 10))
    assert [v for c in chunks for v in c.records.column("value").to_pylist()] == [b"%d" % i for i in range(4, 10)]
    with pytest.raises(OffsetOutOfRangeError) as raised:
        await log.delete_records({zero: 11})
    assert (raised.value.low, raised.value.high, raised.value.offset) == (4, 10, 11)
    with pytest.raises(UnknownTopicError):
        await log.delete_records({TopicPartition(name, 3): 0})
