"""Reading spans: positions, gaps, isolation, the end, and the bound on what is in memory."""

from __future__ import annotations

import asyncio

import pytest

from workbench.bus import open_log
from workbench.errors import UnknownTopicError, WorkbenchError
from workbench.model import Gap, NewRecord, Span, TopicPartition
from workbench.model.records.columns import RECORD


def offsets(chunks):
    return [offset for chunk in chunks for offset in chunk.records.column("offset").to_pylist()]


def gaps(chunks):
    return [gap for chunk in chunks for gap in chunk.gaps]


def values(chunks):
    return [value for chunk in chunks for value in chunk.records.column("value").to_pylist()]


def numbers(count: int, first: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(first, first + count)]


async def follow(reader, count: int):
    chunks = []
    async with asyncio.timeout(20):
        while sum(chunk.records.num_rows for chunk in chunks) < count:
            chunks += await reader.read(max_wait_ms=1_000)
    return chunks


@pytest.mark.parametrize(("start", "stop"), [(0, 100), (0, 1), (37, 61), (99, 100)])
async def test_a_span_gives_exactly_its_offsets_even_inside_a_batch(topic, write, read_all, start, stop):
    name = await topic()
    await write(name, numbers(100))
    chunks = await read_all(Span(name, 0, start, stop))
    assert offsets(chunks) == list(range(start, stop))
    assert values(chunks) == numbers(stop - start, start)
    assert all(chunk.records.schema == RECORD for chunk in chunks)
    assert {chunk.end for chunk in chunks} == {100}
    assert chunks[-1].next == stop
    assert sum(chunk.control + chunk.aborted for chunk in chunks) == 0


async def test_an_empty_span_is_done_at_once(log, topic):
    name = await topic()
    async with log.reader([Span(name, 0, 5, 5), Span(name, 0, 3, 2)]) as reader:
        assert reader.done
        assert await reader.read(max_wait_ms=0) == []


async def test_several_spans_and_partitions(log, topic, write):
    name = await topic(partitions=3)
    for partition in range(3):
        await write(name, numbers(50), partition=partition)
    spans = [Span(name, 0, 10, 20), Span(name, 2, 0, 50), Span(name, 0, 40, 45), Span(name, 1, 50, 50)]
    chunks = []
    async with log.reader(spans) as reader:
        while not reader.done:
            chunks += await reader.read(max_wait_ms=5_000)
        positions = dict(reader.positions)
    of_zero = [chunk for chunk in chunks if chunk.partition == 0]
    assert offsets(of_zero) == [*range(10, 20), *range(40, 45)]
    assert offsets(chunk for chunk in chunks if chunk.partition == 2) == list(range(50))
    assert {chunk.partition for chunk in chunks} == {0, 2}
    assert positions[TopicPartition(name, 0)] == 45
    assert positions[TopicPartition(name, 2)] == 50


async def test_following_delivers_what_comes_later_and_is_never_done(log, topic, write):
    name = await topic()
    await write(name, numbers(3))
    async with log.reader([Span(name, 0, 1, None)]) as reader:
        first = await follow(reader, 2)
        assert await reader.read(max_wait_ms=10) == []
        assert not reader.done
        waiting = asyncio.ensure_future(follow(reader, 2))
        await asyncio.sleep(0)
        await write(name, numbers(2, 3))
        later = await waiting
        assert dict(reader.positions) == {TopicPartition(name, 0): 5}
    assert values(first + later) == numbers(4, 1)


async def test_a_bounded_span_waits_for_records_still_to_come(log, topic, write):
    name = await topic()
    await write(name, numbers(2))
    async with log.reader([Span(name, 0, 0, 4)]) as reader:
        chunks = await follow(reader, 2)
        assert not reader.done
        await write(name, numbers(5, 2))
        chunks += await follow(reader, 2)
        assert reader.done
        assert await reader.read() == []
    assert offsets(chunks) == [0, 1, 2, 3]


async def test_below_the_log_start_is_a_gap(log, topic, write, read_all):
    name = await topic()
    await write(name, numbers(10))
    await log.delete_records({TopicPartition(name, 0): 6})
    chunks = await read_all(Span(name, 0, 2, 9))
    assert gaps(chunks) == [Gap("expired", 2, 6)]
    assert offsets(chunks) == [6, 7, 8]
    chunks = await read_all(Span(name, 0, 1, 4))
    assert gaps(chunks) == [Gap("expired", 1, 4)]
    assert offsets(chunks) == []


async def test_above_the_end_nothing_is_read(log, topic, write, read_all):
    name = await topic()
    await write(name, numbers(3))
    chunks = await read_all(Span(name, 0, 8, 12))
    assert gaps(chunks) == [Gap("truncated", 8, 12)]
    assert offsets(chunks) == []
    async with asyncio.timeout(20), log.reader([Span(name, 0, 8, None)]) as reader:
        with pytest.raises(WorkbenchError):
            await follow(reader, 1)


async def test_open_committed_and_aborted_transactions_by_isolation(log, topic, topic_name, read_all):
    name = await topic()
    zero = TopicPartition(name, 0)
    first, second = topic_name("a"), topic_name("b")
    async with (
        log.writer() as plain,
        log.writer(transactional_id=first) as one,
        log.writer(transactional_id=second) as two,
    ):
        await plain.send([NewRecord(name, value=b"p0", partition=0)])
        await one.begin()
        await one.send([NewRecord(name, value=b"c1", partition=0)])
        await two.begin()
        await two.send([NewRecord(name, value=b"a2", partition=0), NewRecord(name, value=b"a3", partition=0)])
        await one.commit()
        await plain.send([NewRecord(name, value=b"p5", partition=0)])
        assert await log.offsets([zero], "latest") == {zero: 2}
        assert await log.offsets([zero], "latest", isolation="read_uncommitted") == {zero: 6}
        until_stable = await read_all(Span(name, 0, 0, 2))
        assert (values(until_stable), until_stable[-1].end) == ([b"p0", b"c1"], 2)
        async with log.reader([Span(name, 0, 2, 6)]) as reader:
            assert [c for c in await reader.read(max_wait_ms=50) if c.records.num_rows] == []
            assert not reader.done
        everything = await read_all(Span(name, 0, 0, 6), isolation="read_uncommitted")
        assert values(everything) == [b"p0", b"c1", b"a2", b"a3", b"p5"]
        assert (everything[-1].end, sum(c.control for c in everything)) == (6, 1)
        await two.abort()
    committed = await read_all(Span(name, 0, 0, 7))
    assert values(committed) == [b"p0", b"c1", b"p5"]
    assert offsets(committed) == [0, 1, 5]
    assert sum(chunk.control for chunk in committed) == 2
    assert sum(chunk.aborted for chunk in committed) == 2
    assert committed[-1].end == 7
    uncommitted = await read_all(Span(name, 0, 0, 7), isolation="read_uncommitted")
    assert values(uncommitted) == [b"p0", b"c1", b"a2", b"a3", b"p5"]
    assert sum(chunk.aborted for chunk in uncommitted) == 0


async def test_markers_at_the_tail_end_a_span_without_a_last_record(log, topic, topic_name, read_all):
    name = await topic()
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        await writer.begin()
        await writer.send([NewRecord(name, value=b"x", partition=0)])
        await writer.commit()
        await writer.begin()
        await writer.send([NewRecord(name, value=b"y", partition=0)])
        await writer.abort()
    chunks = await read_all(Span(name, 0, 0, 4))
    assert values(chunks) == [b"x"]
    assert chunks[-1].next == 4
    tail = await read_all(Span(name, 0, 1, 4))
    assert values(tail) == []
    assert (sum(c.control for c in tail), sum(c.aborted for c in tail)) == (2, 1)


async def test_a_small_bound_is_kept_and_loses_nothing(log, topic, write):
    name = await topic(partitions=2)
    for partition in range(2):
        for first in range(0, 400, 50):
            await write(name, [b"%06d" % n + b"x" * 1000 for n in range(first, first + 50)], partition=partition)
    batch_bytes = 50 * 1100
    seen = {0: [], 1: []}
    async with log.reader([Span(name, 0, 0, 400), Span(name, 1, 0, 400)], prefetch_bytes=100_000) as reader:
        while not reader.done:
            chunks = await reader.read(max_bytes=60_000, max_wait_ms=5_000)
            assert sum(chunk.records.nbytes for chunk in chunks) <= 60_000 + 2 * batch_bytes
            for chunk in chunks:
                seen[chunk.partition] += chunk.records.column("offset").to_pylist()
    assert seen == {0: list(range(400)), 1: list(range(400))}


async def test_a_record_above_every_bound_comes_whole(topic, write, read_all):
    name = await topic(config={"max.message.bytes": "4000000"})
    await write(name, [b"small", b"x" * 3_000_000, b"small"])
    chunks = await read_all(Span(name, 0, 0, 3), prefetch_bytes=1000, max_bytes=1)
    assert [len(value) for value in values(chunks)] == [5, 3_000_000, 5]


@pytest.mark.parametrize("partition", [0, 9])
async def test_what_does_not_exist_ends_in_an_error(address, topic, topic_name, partition):
    name = await topic() if partition else topic_name("absent")
    deadline = {} if address.startswith("memory:") else {"timeout_s": 2.0}
    async with open_log(address, **deadline) as log, log.reader([Span(name, partition, 0, None)]) as reader:
        with pytest.raises(UnknownTopicError):
            await follow(reader, 1)


async def test_observing_leaves_no_group_and_no_commit(log, topic, write, read_all):
    name = await topic()
    await write(name, numbers(10))
    before = await log.groups()
    await read_all(Span(name, 0, 0, 10))
    async with log.reader([Span(name, 0, 0, None)]) as reader:
        await follow(reader, 10)
    after = await log.groups()
    assert set(after) <= set(before)
    for group in after:
        assert not [p for p in await log.committed(group) if p.topic == name]


@pytest.mark.parametrize("stop", [None, 9])
async def test_a_topic_created_anew_since_it_was_described_is_not_read(log, topic, write, stop):
    name = await topic()
    (before,) = await log.describe([name])
    await log.delete_topic(name)
    await log.create_topic(name)
    await write(name, [b"new"] * 9)
    async with log.reader([Span(name, 0, 0, stop, before.topic_id)]) as reader:
        with pytest.raises(UnknownTopicError, match=f"{name} was recreated"):
            await asyncio.wait_for(empty_until_it_fails(reader), 10)


async def empty_until_it_fails(reader):
    while True:
        assert await reader.read() == []


async def test_records_deleted_beyond_the_position_are_a_gap(log, topic, write):
    name = await topic()
    await write(name, [b"x"] * 9)
    (info,) = await log.describe([name])
    await log.delete_records({TopicPartition(name, 0): 7})
    found = []
    async with log.reader([Span(name, 0, 0, 9, info.topic_id)]) as reader:
        async with asyncio.timeout(10):
            while not reader.done:
                found += [gap for chunk in await reader.read() for gap in chunk.gaps]
    assert found == [Gap("expired", 0, 7)]


@pytest.mark.parametrize("compression", ["uncompressed", "zstd", "gzip"])
async def test_a_record_above_the_limit_is_a_gap_that_names_its_size(log, topic, write, compression):
    name = await topic(config={"compression.type": compression})
    sizes = [10, 300_000, 20, 30, 90_000, 400_000]
    await write(name, [bytes([65 + number]) * size for number, size in enumerate(sizes)])
    chunks = []
    async with (
        open_log(log.address, max_record_bytes=100_000) as limited,
        limited.reader([Span(name, 0, 0, 6)]) as reader,
    ):
        while not reader.done:
            chunks += await reader.read()
    assert offsets(chunks) == [0, 2, 3, 4]
    assert [len(value) for value in values(chunks)] == [10, 20, 30, 90_000]
    assert [(gap.start, gap.stop) for gap in gaps(chunks)] == [(1, 2), (5, 6)]
    assert all("oversized: a record of" in gap.reason for gap in gaps(chunks))
