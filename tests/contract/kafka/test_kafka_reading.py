from __future__ import annotations

import asyncio
import gc
import subprocess

import pytest

from workbench.errors import OffsetOutOfRangeError, UnknownTopicError
from workbench.model import Gap, NewRecord, Span, TopicPartition

pytestmark = pytest.mark.broker


def rows(chunks) -> list[dict]:
    return [row for chunk in chunks for row in chunk.records.to_pylist()]


async def fails(reader) -> None:
    """Read on until it raises, at most half a minute."""
    for _ in range(60):
        await reader.read(max_wait_ms=500)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
async def test_what_kcat_wrote(codec, kafka_address, topic, read_all):
    name = await topic()
    lines = b"".join(b"key-%d:%s\n" % (i, b"value " * (i % 50)) for i in range(2000))
    command = ["kcat", "-P", "-b", kafka_address, "-t", name, "-p", "0", "-K", ":", "-Z", "-z", codec, "-H", "a=1"]
    await asyncio.to_thread(subprocess.run, command, input=lines, check=True, timeout=60)
    found = rows(await read_all([Span(name, 0, 0, 2000)]))
    assert [row["offset"] for row in found] == list(range(2000))
    assert [row["key"] for row in found] == [b"key-%d" % i for i in range(2000)]
    assert [row["value"] for row in found] == [(b"value " * (i % 50)) or None for i in range(2000)]
    assert {(row["headers"][0]["name"], row["headers"][0]["value"]) for row in found} == {(b"a", b"1")}


async def test_a_record_larger_than_the_fetch_comes_whole(log, topic, read_all):
    name = await topic(max_message_bytes="8000000")
    async with log.writer() as writer:
        sizes = [10, 5_000_000, 10, 3_000_000]
        await writer.send([NewRecord(name, value=b"x" * size, partition=0) for size in sizes])
    found = rows(await read_all([Span(name, 0, 0, 4)], prefetch_bytes=1))
    assert [len(row["value"]) for row in found] == sizes


async def test_what_expired_is_a_gap_and_reading_goes_on(log, topic, read_all):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"%d" % i, partition=0) for i in range(10)])
    await log.delete_records({TopicPartition(name, 0): 4})
    chunks = await read_all([Span(name, 0, 1, 10)])
    assert [gap for chunk in chunks for gap in chunk.gaps] == [Gap("expired", 1, 4)]
    assert [row["offset"] for row in rows(chunks)] == [4, 5, 6, 7, 8, 9]
    assert (chunks[0].start, chunks[0].next) == (1, 4)


async def test_a_span_that_expired_whole(log, topic, read_all):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"x", partition=0) for _ in range(10)])
    await log.delete_records({TopicPartition(name, 0): 8})
    chunks = await read_all([Span(name, 0, 2, 5)])
    assert [gap for chunk in chunks for gap in chunk.gaps] == [Gap("expired", 2, 5)]
    assert chunks[-1].next == 5


async def test_a_bounded_span_above_the_end_is_a_gap(log, topic, read_all):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"x", partition=0)])
    chunks = await read_all([Span(name, 0, 5, 9)])
    assert [gap for chunk in chunks for gap in chunk.gaps] == [Gap("truncated", 5, 9)]


async def test_following_from_above_the_end_is_an_error(log, topic):
    name = await topic()
    async with log.reader([Span(name, 0, 5, None)]) as reader:
        with pytest.raises(OffsetOutOfRangeError) as caught:
            await fails(reader)
    assert (caught.value.offset, caught.value.low, caught.value.high) == (5, 0, 0)


async def test_several_spans_of_one_partition_and_empty_ones(log, topic, read_all):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"x", partition=0) for _ in range(20)])
    chunks = await read_all([Span(name, 0, 2, 4), Span(name, 0, 7, 7), Span(name, 0, 10, 13)])
    assert [row["offset"] for row in rows(chunks)] == [2, 3, 10, 11, 12]


async def test_many_partitions_with_little_credit(log, topic, read_all):
    name = await topic(partitions=12)
    async with log.writer() as writer:
        records = [NewRecord(name, value=b"%d" % i + b"." * 2000, partition=i % 12) for i in range(2400)]
        outcomes = await writer.send(records)
    assert {outcome.status for outcome in outcomes} == {"acked"}
    chunks = await read_all([Span(name, p, 0, 200) for p in range(12)], prefetch_bytes=100_000)
    for partition in range(12):
        of_partition = [row for row in rows(chunks) if row["partition"] == partition]
        assert [row["offset"] for row in of_partition] == list(range(200))
        assert [int(row["value"].rstrip(b".")) for row in of_partition] == list(range(partition, 2400, 12))


async def test_buffered_bytes_stay_near_the_credit(log, topic):
    name = await topic()
    async with log.writer() as writer:
        for _ in range(4):
            await writer.send([NewRecord(name, value=b"x" * 100_000, partition=0) for _ in range(100)])
    async with log.reader([Span(name, 0, 0, 400)], prefetch_bytes=2_000_000) as reader:
        seen = 0
        while not reader.done:
            chunks = await reader.read(max_bytes=500_000)
            seen += sum(chunk.records.num_rows for chunk in chunks)
            assert sum(chunk.records.nbytes for chunk in chunks) < 5_000_000
            assert reader._buffer.size < 5_000_000
    assert seen == 400


async def test_following_waits_and_then_delivers(log, topic):
    name = await topic()
    async with log.reader([Span(name, 0, 0, None)]) as reader, log.writer() as writer:
        assert await reader.read(max_wait_ms=50) == []
        await writer.send([NewRecord(name, value=b"late", partition=0)])
        found = []
        while not found:
            found = rows(await reader.read(max_wait_ms=5000))
        assert found[0]["value"] == b"late"
        assert not reader.done
        assert reader.positions == {TopicPartition(name, 0): 1}


async def test_committed_reading_ends_at_the_last_stable_offset(log, topic, topic_name):
    name = await topic()
    partition = TopicPartition(name, 0)
    async with log.writer() as plain, log.writer(transactional_id=topic_name("tx")) as writer:
        await plain.send([NewRecord(name, value=b"before", partition=0)])
        await writer.begin()
        await writer.send([NewRecord(name, value=b"open", partition=0)])
        await plain.send([NewRecord(name, value=b"after", partition=0)])
        assert await log.offsets([partition], "latest") == {partition: 1}
        assert await log.offsets([partition], "latest", isolation="read_uncommitted") == {partition: 3}
        async with log.reader([Span(name, 0, 0, 3)]) as reader:
            chunks = await reader.read(max_wait_ms=5000)
            assert [row["value"] for row in rows(chunks)] == [b"before"]
            assert chunks[-1].end == 1
            assert await reader.read(max_wait_ms=300) == []
        async with log.reader([Span(name, 0, 0, 3)], isolation="read_uncommitted") as reader:
            found = []
            while not reader.done:
                found += rows(await reader.read(max_wait_ms=5000))
            assert [row["value"] for row in found] == [b"before", b"open", b"after"]
        await writer.abort()


async def test_an_unknown_topic_ends_in_an_error(kafka_address, topic_name):
    from workbench.bus import open_log

    async with open_log(kafka_address, timeout_s=1) as log, log.reader([Span(topic_name(), 0, 0, None)]) as reader:
        with pytest.raises(UnknownTopicError):
            await fails(reader)


async def test_reading_leaves_no_group_behind(log, topic, read_all):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"x", partition=0)])
    before = await log.groups()
    await read_all([Span(name, 0, 0, 1)])
    assert await log.groups() == before


async def test_a_topic_deleted_while_it_is_followed(kafka_address, topic_name):
    from workbench.bus import open_log

    name = topic_name()
    async with open_log(kafka_address, timeout_s=2) as log:
        await log.create_topic(name)
        async with log.reader([Span(name, 0, 0, None)]) as reader:
            assert await reader.read(max_wait_ms=100) == []
            await log.delete_topic(name)
            with pytest.raises(UnknownTopicError):
                await fails(reader)


async def test_a_topic_created_anew_under_a_follower_is_not_taken_for_the_old_one(log, topic_name):
    name = topic_name()
    await log.create_topic(name)
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"old", partition=0)])
    async with log.reader([Span(name, 0, 0, None)]) as reader:
        assert rows(await reader.read(max_wait_ms=5000))[0]["value"] == b"old"
        await log.delete_topic(name)
        await log.create_topic(name)
        with pytest.raises(UnknownTopicError, match="created anew"):
            await fails(reader)
    await log.delete_topic(name)


async def test_a_caller_that_is_cancelled_while_it_closes_leaves_nothing_open(log, topic):
    name = await topic()
    reader = log.reader([Span(name, 0, 0, None)])
    await reader.read(max_wait_ms=10)
    closing = asyncio.create_task(reader.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    del reader
    gc.collect()  # a reader whose fetching goes on would say that it was not closed
