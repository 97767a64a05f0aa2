"""What only the memory backend has: names, a byte cap, holes, bulk appends, faults."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.memory import MemoryLog
from workbench.bus.memory.cluster.group import assign_range
from workbench.bus.partitioners import murmur2
from workbench.errors import (
    BrokerUnavailableError,
    ConfigurationError,
    PublishError,
    TableError,
    UnknownTopicError,
)
from workbench.model import Gap, NewRecord, Span, TopicPartition
from workbench.model.records.columns import HEADERS, RECORD


@pytest.fixture
async def log(topic_name):
    async with MemoryLog(topic_name()) as opened:
        await opened.create_topic("t", partitions=3)
        yield opened


async def send(log, *values: bytes, partition=0, topic="t"):
    async with log.writer() as writer:
        return await writer.send([NewRecord(topic, value=value, partition=partition) for value in values])


async def read(log, span, isolation="read_committed", max_bytes=16 << 20):
    chunks = []
    async with log.reader([span], isolation=isolation) as reader:
        while not reader.done:
            found = await reader.read(max_bytes=max_bytes, max_wait_ms=0)
            assert found, f"nothing to read at {reader.positions}"
            chunks += found
    return chunks


def rows(chunks):
    return [row for chunk in chunks for row in chunk.records.to_pylist()]


class TestNames:
    async def test_logs_of_one_name_share_everything_until_the_last_is_closed(self, topic_name):
        name = topic_name()
        async with MemoryLog(name) as one:
            async with MemoryLog(name) as two:
                await one.create_topic("shared")
                await one.commit_offsets("g", {TopicPartition("shared", 0): 0})
                assert [info.name for info in await two.describe()] == ["shared"]
                assert await two.groups() == ["g"]
                assert one.cluster_id == two.cluster_id
            assert await one.describe()
            first = one.cluster_id
        async with MemoryLog(name) as again:
            assert await again.describe() == []
            assert again.cluster_id != first

    async def test_kept_data_is_there_later(self, topic_name):
        name = topic_name()
        async with MemoryLog(name, keep=True) as log:
            await log.create_topic("kept")
            await send(log, b"x", topic="kept")
        async with MemoryLog(name) as again:
            assert [info.name for info in await again.describe()] == ["kept"]

    async def test_other_names_are_other_clusters(self, topic_name):
        async with MemoryLog(topic_name()) as one, MemoryLog(topic_name()) as two:
            await one.create_topic("t")
            assert await two.describe() == []

    @pytest.mark.parametrize("name", ["", "a/b"])
    def test_a_name_that_is_none(self, name):
        with pytest.raises(ConfigurationError):
            MemoryLog(name)

    async def test_one_forgotten_warns(self, topic_name):
        forgotten = MemoryLog(topic_name())
        await forgotten.open()
        holder = [forgotten]
        del forgotten
        with pytest.warns(ResourceWarning, match="not closed"):
            holder.clear()


class TestByteCap:
    async def test_the_oldest_goes_first_counted_and_readers_see_a_gap(self, topic_name):
        async with MemoryLog(topic_name(), max_bytes=3_000_000) as log:
            await log.create_topic("t", partitions=2)
            for number in range(60):
                await send(log, b"%03d" % number + b"x" * 100_000, partition=number % 2)
            assert log.size_bytes <= 3_000_000
            (info,) = await log.describe(["t"])
            kept = sum((p.end or 0) - (p.begin or 0) for p in info.partitions)
            records, size = log.evicted
            assert records == 60 - kept > 20
            assert size > records * 100_000
            begins = [p.begin for p in info.partitions]
            assert abs(begins[0] - begins[1]) <= 12
            chunks = await read(log, Span("t", 0, 0, 30))
            assert chunks[0].gaps == (Gap("expired", 0, begins[0]),)
            assert [row["offset"] for row in rows(chunks)] == list(range(begins[0], 30))

    async def test_a_follower_that_falls_behind_is_told(self, topic_name):
        async with MemoryLog(topic_name(), max_bytes=1_500_000) as log:
            await log.create_topic("t")
            async with log.reader([Span("t", 0, 0, None)]) as reader:
                for _ in range(40):
                    await send(log, b"x" * 100_000)
                chunks = []
                while reader.positions[TopicPartition("t", 0)] < 40:
                    chunks += await reader.read(max_wait_ms=0)
            (gap,) = [gap for chunk in chunks for gap in chunk.gaps]
            assert gap.reason == "expired"
            assert gap.stop - gap.start + len(rows(chunks)) == 40

    async def test_small_records_count_too(self, topic_name):
        async with MemoryLog(topic_name(), max_bytes=1 << 20) as log:
            await log.create_topic("t")
            for _ in range(20):
                await send(log, *[b""] * 4000)
            assert log.evicted[0] > 0
            assert log.size_bytes <= 1 << 20

    async def test_lowering_the_cap_evicts_at_once(self, topic_name):
        name = topic_name()
        async with MemoryLog(name) as log:
            await log.create_topic("t")
            await send(log, *[b"x" * 1000] * 2000)
            async with MemoryLog(name, max_bytes=500_000) as smaller:
                assert smaller.size_bytes <= 500_000
                assert log.evicted == smaller.evicted != (0, 0)


class TestHoles:
    async def test_offsets_removed_by_compaction_are_passed(self, log):
        await send(log, *[b"%d" % n for n in range(10)])
        log.punch_holes(TopicPartition("t", 0), {0, 3, 4, 9})
        chunks = await read(log, Span("t", 0, 0, 10))
        assert [row["offset"] for row in rows(chunks)] == [1, 2, 5, 6, 7, 8]
        assert (chunks[0].start, chunks[-1].next) == (0, 10)
        assert [row["offset"] for row in rows(await read(log, Span("t", 0, 3, 6)))] == [5]
        assert [row["offset"] for row in rows(await read(log, Span("t", 0, 0, 10), max_bytes=1))] == [1, 2, 5, 6, 7, 8]

    async def test_a_span_of_holes_alone(self, log):
        await send(log, *[b"%d" % n for n in range(4)])
        log.punch_holes(TopicPartition("t", 0), {1, 2})
        (chunk,) = await read(log, Span("t", 0, 1, 3))
        assert (chunk.records.num_rows, chunk.next, chunk.gaps) == (0, 3, ())


class TestBulkAppends:
    async def test_columns_are_placed_by_murmur2_and_read_back_exactly(self, log):
        keys = [None if n % 7 == 0 else b"k%d" % n for n in range(1000)]
        batch = pa.record_batch(
            {
                "key": pa.array(keys, pa.binary()),
                "value": pa.array([None if n % 11 == 0 else b"v%d" % n for n in range(1000)], pa.binary()),
                "timestamp_ms": pa.array(np.arange(1000) + 1_700_000_000_000),
                "headers": pa.array([[{"name": b"n", "value": None}] * (n % 3) for n in range(1000)], HEADERS),
            },
        )
        written = await log.append_batch("t", batch)
        assert sum(after - first for first, after in written.values()) == 1000
        found = []
        for number, (first, after) in written.items():
            chunks = await read(log, Span("t", number, first, after))
            assert all(chunk.records.schema == RECORD for chunk in chunks)
            mine = rows(chunks)
            assert all(row["key"] is None or murmur2(row["key"], 3) == number for row in mine)
            times = [row["timestamp_ms"] for row in mine]
            assert times == sorted(times)
            found += mine
        found.sort(key=lambda row: row["timestamp_ms"])
        got = [{name: row[name] for name in batch.schema.names} for row in found]
        assert got == batch.to_pylist()
        unkeyed = [row["partition"] for row in found if row["key"] is None]
        assert max(unkeyed.count(p) for p in range(3)) - min(unkeyed.count(p) for p in range(3)) <= 1

    async def test_partition_zero_is_a_partition(self, log):
        batch = pa.record_batch(
            {"value": [b"a", b"b"], "partition": pa.array([0, None], pa.int32()), "key": [b"k", b"k"]}
        )
        written = await log.append_batch("t", batch)
        assert set(written) == {0, murmur2(b"k", 3)}

    @pytest.mark.parametrize(
        ("columns", "error"),
        [
            ({"key": [b"k"]}, TableError),
            ({"value": [b"v"], "colour": ["red"]}, TableError),
            ({"value": [1.5]}, TableError),
            ({"value": [b"v"], "partition": [3]}, PublishError),
            ({"value": [b"v"], "partition": [-1]}, PublishError),
            ({"value": [b"v" * 2_000_000]}, PublishError),
            ({"value": [b"v"], "timestamp_ms": [-5]}, PublishError),
            ({"value": [b"v"], "timestamp_ms": [9_000_000_000_000]}, PublishError),
        ],
    )
    async def test_what_cannot_be_appended_changes_nothing(self, log, columns, error):
        with pytest.raises(error, match="Nothing was appended"):
            await log.append_batch("t", pa.record_batch(columns))
        (info,) = await log.describe(["t"])
        assert [p.end for p in info.partitions] == [0, 0, 0]

    async def test_headers_count_towards_the_size_and_compacted_topics_want_keys(self, log):
        await log.create_topic("small", config={"max.message.bytes": "300"})
        await log.create_topic("compacted", config={"cleanup.policy": "compact"})
        headers = pa.array([[], [{"name": b"n", "value": b"x" * 300}], []], HEADERS)
        with pytest.raises(PublishError) as raised:
            await log.append_batch("small", pa.record_batch({"value": [b"a", b"b", b"c"], "headers": headers}))
        assert raised.value.cause_code == "MESSAGE_TOO_LARGE"
        with pytest.raises(PublishError) as raised:
            await log.append_batch("compacted", pa.record_batch({"value": [b"v"]}))
        assert raised.value.cause_code == "INVALID_RECORD"

    async def test_append_time_and_an_unknown_topic(self, log):
        await log.create_topic("stamped", config={"message.timestamp.type": "LogAppendTime"})
        before = time.time() * 1000 - 1
        await log.append_batch("stamped", pa.record_batch({"value": [b"v"], "timestamp_ms": [7]}))
        (row,) = rows(await read(log, Span("stamped", 0, 0, 1)))
        assert (row["timestamp_type"], row["timestamp_ms"] >= before) == (1, True)
        with pytest.raises(UnknownTopicError):
            await log.append_batch("absent", pa.record_batch({"value": [b"v"]}))

    async def test_a_slice_of_a_batch_and_an_empty_one(self, log):
        batch = pa.record_batch({"value": [b"%d" % n for n in range(9)], "partition": pa.array([1] * 9, pa.int32())})
        assert await log.append_batch("t", batch.slice(3, 4)) == {1: (0, 4)}
        assert await log.append_batch("t", batch.slice(0, 0)) == {}
        assert [row["value"] for row in rows(await read(log, Span("t", 1, 0, 4)))] == [b"3", b"4", b"5", b"6"]


class TestFaults:
    async def test_failed_sends_write_nothing(self, log):
        log.faults.fail_sends(2, error=PublishError("no", cause_code="NOT_ENOUGH_REPLICAS", retriable=True))
        statuses = [(await send(log, b"x"))[0].status for _ in range(3)]
        assert statuses == ["failed", "failed", "acked"]
        assert await log.offsets([TopicPartition("t", 0)], "latest") == {TopicPartition("t", 0): 1}

    async def test_a_lost_answer_is_unknown_and_the_record_is_there(self, log):
        log.faults.fail_sends()
        (outcome,) = await send(log, b"x")
        assert (outcome.status, type(outcome.error)) == ("unknown", BrokerUnavailableError)
        assert len(rows(await read(log, Span("t", 0, 0, 1)))) == 1

    async def test_a_dropped_connection_fails_calls_until_it_is_back(self, log):
        log.faults.drop_connection()
        for call in (log.describe, log.groups, lambda: log.committed("g")):
            with pytest.raises(BrokerUnavailableError, match="dropped"):
                await call()
        (outcome,) = await send(log, b"x")
        assert outcome.status == "unknown"
        log.faults.restore()
        assert await log.offsets([TopicPartition("t", 0)], "latest") == {TopicPartition("t", 0): 0}

    async def test_other_logs_of_the_name_do_not_suffer(self, topic_name):
        name = topic_name()
        async with MemoryLog(name) as one, MemoryLog(name) as two:
            one.faults.drop_connection()
            await two.create_topic("t")

    async def test_a_delay_within_and_beyond_the_deadline(self, topic_name):
        async with MemoryLog(topic_name(), timeout_s=0.2) as log:
            log.faults.delay_s = 0.05
            begin = time.monotonic()
            await log.create_topic("t")
            assert time.monotonic() - begin >= 0.05
            log.faults.delay_s = 60
            with pytest.raises(BrokerUnavailableError, match=r"200 ms"):
                await log.describe()
            assert time.monotonic() - begin < 10

    async def test_fencing_ends_the_open_transaction(self, log):
        async with log.writer(transactional_id="tid") as writer:
            await writer.begin()
            await writer.send([NewRecord("t", value=b"x", partition=0)])
            log.fence("tid")
            (outcome,) = await writer.send([NewRecord("t", value=b"y", partition=0)])
            assert outcome.status == "failed"
            with pytest.raises(PublishError) as raised:
                await writer.abort()
            assert raised.value.cause_code == "PRODUCER_FENCED"
        assert rows(await read(log, Span("t", 0, 0, 2))) == []

    async def test_a_send_that_failed_leaves_only_abort(self, log):
        async with log.writer(transactional_id="tid") as writer:
            await writer.begin()
            log.faults.drop_connection()
            await writer.send([NewRecord("t", value=b"x", partition=0)])
            log.faults.restore()
            with pytest.raises(Exception, match="Abort"):
                await writer.commit()
            await writer.abort()

    async def test_a_member_without_connection_loses_its_partitions_and_joins_again(self, topic_name):
        name = topic_name()
        async with MemoryLog(name) as here, MemoryLog(name) as there:
            await here.create_topic("t", partitions=2)
            async with here.member("g", ["t"], session_timeout_ms=50) as gone, there.member("g", ["t"]) as stays:
                assert len(gone.assignment) == len(stays.assignment) == 1
                here.faults.drop_connection()
                async with asyncio.timeout(10):
                    while len(stays.assignment) < 2:
                        await stays.poll(max_wait_ms=10)
                assert gone.assignment == frozenset()
                with pytest.raises(BrokerUnavailableError):
                    await gone.poll()
                here.faults.restore()
                await gone.poll(max_wait_ms=0)
                assert len(gone.assignment) == len(stays.assignment) == 1

    async def test_a_short_loss_is_no_loss(self, topic_name):
        async with MemoryLog(topic_name()) as log:
            await log.create_topic("t")
            async with log.member("g", ["t"], session_timeout_ms=60_000) as member:
                log.faults.drop_connection()
                log.faults.restore()
                assert len(member.assignment) == 1


class TestGroups:
    async def test_closing_a_log_takes_its_members_out(self, topic_name):
        name = topic_name()
        async with MemoryLog(name) as here:
            await here.create_topic("t", partitions=2)
            async with here.member("g", ["t"]) as stays:
                async with MemoryLog(name) as there:
                    member = there.member("g", ["t"])
                    await member.__aenter__()
                    assert len(stays.assignment) == 1
                async with asyncio.timeout(10):
                    while len(stays.assignment) < 2:
                        await stays.poll(max_wait_ms=10)

    async def test_growing_and_deleting_topics_moves_partitions(self, log):
        async with log.member("g", ["t"]) as member:
            await log.add_partitions("t", 5)
            async with asyncio.timeout(10):
                while len(member.assignment) < 5:
                    await member.poll(max_wait_ms=10)
            await log.delete_topic("t")
            async with asyncio.timeout(10):
                while member.assignment:
                    await member.poll(max_wait_ms=10)
        assert await log.committed("g") == {}

    async def test_a_revocation_that_fails_does_not_block_the_group(self, log, caplog):
        async def on_revoke(partitions: frozenset[TopicPartition]) -> None:
            raise ValueError(f"cannot give up {partitions}")

        async with log.member("g", ["t"], on_revoke=on_revoke) as first, log.member("g", ["t"]) as second:
            assert sorted([len(first.assignment), len(second.assignment)]) == [1, 2]
        assert "without finishing" in caplog.text

    @pytest.mark.parametrize(
        ("partitions", "members", "shares"),
        [(6, 2, [3, 3]), (7, 3, [3, 2, 2]), (2, 3, [1, 1, 0]), (0, 2, [0, 0])],
    )
    def test_ranges(self, partitions, members, shares):
        held = assign_range({f"m{number}": {"t": partitions} for number in range(members)})
        assert [len(held[f"m{number}"]) for number in range(members)] == shares
        in_order = [p.partition for number in range(members) for p in sorted(held[f"m{number}"])]
        assert in_order == list(range(partitions))

    def test_ranges_count_only_members_that_subscribed(self):
        held = assign_range({"a": {"t": 2, "u": 1}, "b": {"t": 2}})
        assert held == {
            "a": {TopicPartition("t", 0), TopicPartition("u", 0)},
            "b": {TopicPartition("t", 1)},
        }


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plain"), st.integers(1, 5)),
        st.tuples(st.just("commit"), st.integers(1, 5)),
        st.tuples(st.just("abort"), st.integers(1, 5)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.tuples(st.just("hole"), st.integers(0, 30)),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(steps=STEPS, start=st.integers(0, 40), max_bytes=st.sampled_from([1, 100, 1 << 20]))
def test_any_history_reads_as_a_simple_list_would(steps, start, max_bytes):
    asyncio.run(_compare(steps, start, max_bytes))


async def _compare(steps: list[tuple[str, int]], start: int, max_bytes: int) -> None:
    expected: list[tuple[str, bytes]] = []
    low = 0
    zero = TopicPartition("t", 0)
    async with MemoryLog("model") as log, log.writer() as plain, log.writer(transactional_id="x") as writer:
        await log.create_topic("t")
        for kind, number in steps:
            values = [b"%d" % (len(expected) + n) for n in range(number)]
            records = [NewRecord("t", value=value, partition=0) for value in values]
            if kind == "plain":
                await plain.send(records)
                expected += [("kept", value) for value in values]
            elif kind == "delete":
                low = max(low, min(number, len(expected)))
                await log.delete_records({zero: low})
            elif kind == "hole":
                log.punch_holes(zero, {number})
                if number < len(expected) and expected[number][0] != "marker":
                    expected[number] = ("hole", b"")
            else:
                await writer.begin()
                await writer.send(records)
                await (writer.commit() if kind == "commit" else writer.abort())
                expected += [("kept" if kind == "commit" else "aborted", value) for value in values] + [("marker", b"")]
        start = min(start, len(expected))
        if start == len(expected):
            return
        chunks = await read(log, Span("t", 0, start, len(expected)), max_bytes=max_bytes)
        visible = list(enumerate(expected))[max(start, low) :]
        assert [(row["offset"], row["value"]) for row in rows(chunks)] == [
            (offset, value) for offset, (kind, value) in visible if kind == "kept"
        ]
        kinds = [kind for _, (kind, _) in visible]
        assert sum(chunk.control for chunk in chunks) == kinds.count("marker")
        assert sum(chunk.aborted for chunk in chunks) == kinds.count("aborted")
        assert [gap for chunk in chunks for gap in chunk.gaps] == ([Gap("expired", start, low)] if start < low else [])
