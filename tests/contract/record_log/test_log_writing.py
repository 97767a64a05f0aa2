"""Writing exact records, at once and in transactions."""

from __future__ import annotations

import time

import pytest

from workbench.bus.partitioners import murmur2
from workbench.errors import PublishError, WorkbenchError
from workbench.model import NewRecord, Span, TimestampType, TopicPartition

DAY_MS = 86_400_000


def rows(chunks):
    return [row for chunk in chunks for row in chunk.records.to_pylist()]


def values(chunks):
    return [row["value"] for row in rows(chunks)]


def texts(prefix: str, count: int) -> list[bytes]:
    return [f"{prefix}{number}".encode() for number in range(count)]


async def test_every_part_of_a_record_is_kept(log, topic, read_all):
    name = await topic(partitions=2)
    now = int(time.time() * 1000)
    headers = ((b"b", b"1"), (b"a", None), (b"b", b"1"), (b"", b""), (b"\xff\xfe", b"\x00\xff"), ("ü".encode(), b"x"))
    records = [
        NewRecord(name, b"key", b"value", headers, partition=0, timestamp_ms=now - 40 * DAY_MS),
        NewRecord(name, None, b"value", (), partition=0, timestamp_ms=now),
        NewRecord(name, b"key", None, (), partition=0, timestamp_ms=0),
        NewRecord(name, None, None, (), partition=0, timestamp_ms=now - 1),
        NewRecord(name, b"", b"", (), partition=0, timestamp_ms=now + 60_000),
    ]
    async with log.writer() as writer:
        outcomes = await writer.send(records)
    assert [(o.status, o.topic, o.partition, o.offset, o.timestamp_ms) for o in outcomes] == [
        ("acked", name, 0, number, record.timestamp_ms) for number, record in enumerate(records)
    ]
    found = rows(await read_all(Span(name, 0, 0, 5)))
    assert [
        NewRecord(
            name,
            row["key"],
            row["value"],
            tuple((header["name"], header["value"]) for header in row["headers"]),
            row["partition"],
            row["timestamp_ms"],
        )
        for row in found
    ] == records
    assert [row["offset"] for row in found] == [0, 1, 2, 3, 4]
    assert {row["timestamp_type"] for row in found} == {TimestampType.CREATE}


async def test_keys_choose_partitions_and_no_key_takes_turns(log, topic):
    name = await topic(partitions=5)
    keys = [f"user-{number}".encode() for number in range(40)] + [b""]
    async with log.writer() as writer:
        keyed = await writer.send([NewRecord(name, key, b"v") for key in keys])
        unkeyed = await writer.send([NewRecord(name, value=b"v") for _ in range(10)])
    assert [outcome.partition for outcome in keyed] == [murmur2(key, 5) for key in keys]
    assert sorted(outcome.partition for outcome in unkeyed) == sorted([0, 1, 2, 3, 4] * 2)


async def test_no_timestamp_means_the_time_of_sending(log, topic, read_all):
    name = await topic()
    before = int(time.time() * 1000)
    async with log.writer() as writer:
        (outcome,) = await writer.send([NewRecord(name, value=b"x", partition=0)])
    after = int(time.time() * 1000)
    (row,) = rows(await read_all(Span(name, 0, 0, 1)))
    assert before <= row["timestamp_ms"] == outcome.timestamp_ms <= after


async def test_append_time_replaces_the_timestamp(log, topic, read_all):
    name = await topic(config={"message.timestamp.type": "LogAppendTime"})
    before = int(time.time() * 1000)
    async with log.writer() as writer:
        (outcome,) = await writer.send([NewRecord(name, value=b"x", partition=0, timestamp_ms=5)])
    (row,) = rows(await read_all(Span(name, 0, 0, 1)))
    assert row["timestamp_ms"] >= before
    assert row["timestamp_ms"] == outcome.timestamp_ms
    assert row["timestamp_type"] == TimestampType.APPEND


@pytest.mark.parametrize(
    ("config", "change", "code"),
    [
        ({"max.message.bytes": "1000"}, {"value": b"x" * 1001}, "MESSAGE_TOO_LARGE"),
        ({"message.timestamp.before.max.ms": "60000"}, {"timestamp_ms": 1_000}, "INVALID_TIMESTAMP"),
        ({}, {"timestamp_ms": 9_000_000_000_000}, "INVALID_TIMESTAMP"),
        ({"cleanup.policy": "compact"}, {"key": None}, "INVALID_RECORD"),
        ({}, {"partition": 7}, "UNKNOWN_TOPIC_OR_PARTITION"),
    ],
    ids=["too large", "too old", "too far ahead", "no key in a compacted topic", "no such partition"],
)
async def test_a_record_the_topic_refuses_fails_alone(log, topic, config, change, code):
    name = await topic(config=config)
    good = NewRecord(name, b"k", b"good", partition=0)
    bad = NewRecord(**{"topic": name, "key": b"k", "value": b"bad", "partition": 0, **change})
    async with log.writer() as writer:
        first = await writer.send([good, good])
        refused = await writer.send([bad])
        last = await writer.send([good])
    assert [outcome.status for outcome in first + refused + last] == ["acked", "acked", "failed", "acked"]
    (outcome,) = refused
    assert isinstance(outcome.error, PublishError)
    assert outcome.error.cause_code == code
    assert (outcome.offset, outcome.error.topic) == (None, name)
    assert [outcome.offset for outcome in first + last] == [0, 1, 2]
    zero = TopicPartition(name, 0)
    assert await log.offsets([zero], "latest") == {zero: 3}


async def test_an_unknown_topic_fails_and_is_not_created(log, topic, topic_name):
    name, missing = await topic(), topic_name("missing")
    async with log.writer() as writer:
        outcomes = await writer.send([NewRecord(missing, value=b"x"), NewRecord(name, value=b"x")])
    assert [outcome.status for outcome in outcomes] == ["failed", "acked"]
    assert outcomes[0].error is not None
    assert outcomes[0].error.cause_code == "UNKNOWN_TOPIC_OR_PARTITION"
    assert await log.describe([missing]) == []


async def test_order_within_a_partition_over_many_sends(log, topic, read_all):
    name = await topic(partitions=3)
    async with log.writer() as writer:
        for batch in range(5):
            sent = [NewRecord(name, value=b"%d" % n, partition=n % 3) for n in range(batch * 300, batch * 300 + 300)]
            outcomes = await writer.send(sent)
            assert [o.partition for o in outcomes] == [r.partition for r in sent]
            assert [o.offset for o in outcomes] == [int(r.value or b"") // 3 for r in sent]
    for number in range(3):
        chunks = await read_all(Span(name, number, 0, 500))
        assert values(chunks) == [b"%d" % n for n in range(number, 1500, 3)]


async def test_a_transaction_over_topics_is_seen_whole_or_not_at_all(log, topic, topic_name, read_all):
    one, two = await topic(), await topic()
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        await writer.begin()
        outcomes = await writer.send([NewRecord(name, value=b"kept", partition=0) for name in (one, two)])
        assert {outcome.status for outcome in outcomes} == {"acked"}
        stable = await log.offsets([TopicPartition(one, 0), TopicPartition(two, 0)], "latest")
        assert set(stable.values()) == {0}
        await writer.commit()
        await writer.begin()
        await writer.send([NewRecord(name, value=b"dropped", partition=0) for name in (one, two)])
        await writer.abort()
        await writer.begin()
        await writer.send([NewRecord(one, value=b"kept too", partition=0)])
        await writer.commit()
    assert values(await read_all(Span(one, 0, 0, 6))) == [b"kept", b"kept too"]
    assert values(await read_all(Span(two, 0, 0, 4))) == [b"kept"]
    uncommitted = await read_all(Span(two, 0, 0, 4), isolation="read_uncommitted")
    assert values(uncommitted) == [b"kept", b"dropped"]


async def test_a_second_owner_of_the_id_fences_the_first(log, topic, topic_name, read_all):
    name, transactional_id = await topic(), topic_name("txn")
    async with log.writer(transactional_id=transactional_id) as first:
        await first.begin()
        await first.send([NewRecord(name, value=b"of the first", partition=0)])
        async with log.writer(transactional_id=transactional_id) as second:
            with pytest.raises(PublishError) as raised:
                await first.commit()
            assert raised.value.cause_code == "PRODUCER_FENCED"
            await second.begin()
            await second.send([NewRecord(name, value=b"of the second", partition=0)])
            await second.commit()
    assert values(await read_all(Span(name, 0, 0, 4))) == [b"of the second"]


async def test_a_writer_left_open_is_ended_by_the_next_owner(log, topic, topic_name):
    name, transactional_id = await topic(), topic_name("txn")
    zero = TopicPartition(name, 0)
    left = log.writer(transactional_id=transactional_id)
    await left.__aenter__()
    await left.begin()
    await left.send([NewRecord(name, value=b"left", partition=0)])
    assert await log.offsets([zero], "latest") == {zero: 0}
    async with log.writer(transactional_id=transactional_id):
        assert await log.offsets([zero], "latest") == {zero: 2}
    await left.aclose()


async def test_closing_a_writer_aborts_what_is_open(log, topic, topic_name, read_all):
    name = await topic()
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        await writer.begin()
        await writer.send([NewRecord(name, value=b"never", partition=0)])
    assert values(await read_all(Span(name, 0, 0, 2))) == []


async def test_an_error_in_a_transaction_leaves_only_abort(log, topic, topic_name, read_all):
    name = await topic(config={"max.message.bytes": "1000"})
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        await writer.begin()
        await writer.send([NewRecord(name, value=b"small", partition=0)])
        (outcome,) = await writer.send([NewRecord(name, value=b"x" * 2000, partition=0)])
        assert outcome.status == "failed"
        with pytest.raises(WorkbenchError, match=r"[Aa]bort"):
            await writer.commit()
        await writer.abort()
        await writer.begin()
        await writer.send([NewRecord(name, value=b"again", partition=0)])
        await writer.commit()
    assert values(await read_all(Span(name, 0, 0, 4))) == [b"again"]


async def test_a_writer_used_out_of_order_says_so(log, topic, topic_name):
    name = await topic()
    record = NewRecord(name, value=b"x", partition=0)
    async with log.writer() as plain:
        for step in (plain.begin, plain.commit, plain.abort):
            with pytest.raises(WorkbenchError, match="transactional id"):
                await step()
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        for step in (lambda: writer.send([record]), writer.commit, writer.abort):
            with pytest.raises(WorkbenchError):
                await step()
        await writer.begin()
        with pytest.raises(WorkbenchError, match="end it first"):
            await writer.begin()
        await writer.abort()
    with pytest.raises(ValueError, match="acks"):
        log.writer(acks="leader", transactional_id=topic_name("txn"))


async def test_acknowledged_by_the_leader_only(log, topic, read_all):
    name = await topic()
    async with log.writer(acks="leader") as writer:
        outcomes = await writer.send([NewRecord(name, value=value, partition=0) for value in texts("v", 3)])
    assert [outcome.offset for outcome in outcomes] == [0, 1, 2]
    assert values(await read_all(Span(name, 0, 0, 3))) == texts("v", 3)
