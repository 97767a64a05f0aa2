from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from workbench.errors import SnapshotError, UnknownTopicError, WindowError
from workbench.model import NewRecord, TopicPartition
from workbench.model.events.value_counts import ValueCounts
from workbench.text import counted

HEADERS = ((b"a", None), (b"a", b""), (b"b", b"\xff"))


def numbered(count, first=0):
    return [b"value-%06d" % number for number in range(first, first + count)]


class TestWhole:
    async def test_everything_of_several_topics_and_partitions(self, capturing, topic, write):
        one, two = await topic(partitions=3), await topic()
        for partition in range(3):
            await write(one, numbered(50), partition=partition)
        await write(two, [None, b"", b"\xff"], key=None, headers=HEADERS, timestamp_ms=1_700_000_000_123)
        result = await capturing([one, two])
        assert (result.state, result.records) == ("complete", 153)
        assert capturing.positions(one) == list(itertools.product(range(3), range(50)))
        raw = capturing.store.record_table("topic = $t", {"t": two}).to_pylist()
        assert [row["value"] for row in raw] == [None, b"", b"\xff"]
        for row in raw:
            assert row["key"] is None
            assert tuple((header["name"], header["value"]) for header in row["headers"]) == HEADERS
            assert (row["timestamp_ms"], row["timestamp_type"]) == (1_700_000_000_123, 0)
        assert set(capturing.store.ranges["state"]) == {"complete"}

    async def test_patterns(self, capturing, topic, topic_name, write):
        stem = topic_name("wb-pattern")
        for name in (f"{stem}.a", f"{stem}.b", f"{stem}.a.replay.0123abcd"):
            await topic(name)
            await write(name, [b"x"])
        await capturing(f"{stem}.*")
        assert sorted(source.topic for source in capturing.store.sources()) == [f"{stem}.a", f"{stem}.b"]
        with pytest.raises(UnknownTopicError, match="matches no topic"):
            await capturing(f"{stem}.zzz*")
        with pytest.raises(UnknownTopicError, match=r"does not exist. Similar names: "):
            await capturing(f"{stem}.aa")

    async def test_an_empty_topic_is_complete_and_says_so(self, capturing, topic):
        name = await topic(partitions=2)
        result = await capturing(name)
        assert (result.state, result.records) == ("complete", 0)
        assert capturing.store.ranges["state"].tolist() == ["complete", "complete"]
        assert capturing.store.events().empty

    async def test_progress_is_told_to_the_end(self, capturing, topic, write):
        name = await topic(partitions=2)
        await write(name, numbered(300), partition=1)
        await capturing(name)
        assert capturing.told[0].state == "running"
        last = capturing.told[-1]
        assert last.state == "done"
        assert dict(last.counts)["records"] == 300
        parts = {part.name: (part.start, part.end, part.position, part.remaining) for part in last.parts}
        assert parts[f"{name}/1"] == (0, 300, 300, 0)


class TestWindows:
    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            ("start", "end", range(100)),
            (30, 40, range(30, 40)),
            ("-10", None, range(90, 100)),
            ("+95", None, range(95, 100)),
            ("start", "+5", range(5)),
            (98, 5000, range(98, 100)),
            (500, None, range(0)),
            (timedelta(days=1), None, range(100)),
            ("@2023-11-14T22:13:21Z", "@2023-11-14T22:13:22Z", range(50, 100)),
        ],
    )
    async def test_bounds(self, capturing, topic, write, start, end, expected):  # noqa: PLR0917 - fixtures
        name = await topic(config={"retention.ms": "-1"})
        old = not isinstance(start, timedelta)
        await write(name, numbered(50), **({"timestamp_ms": 1_700_000_000_000} if old else {}))
        await write(name, numbered(50, 50), **({"timestamp_ms": 1_700_000_001_000} if old else {}))
        await capturing(name, start=start, end=end)
        assert [offset for _, offset in capturing.positions(name)] == list(expected)

    async def test_a_group_without_commits_begins_at_the_log_start_and_says_so(
        self, capturing, topic, write, group_name
    ):
        name = await topic()
        await write(name, numbered(10))
        group = group_name()
        result = await capturing(name, start=f"group:{group}")
        assert len(capturing.positions(name)) == 10
        assert any("committed nothing" in note for note in result.notes)
        await capturing.log.commit_offsets(group, {TopicPartition(name, 0): 8})
        await write(name, numbered(4, 10))
        await capturing(name, start=f"group:{group}")
        assert len(capturing.positions(name)) == 14

    async def test_below_the_log_start_is_a_gap(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(20))
        await capturing.log.delete_records({TopicPartition(name, 0): 7})
        result = await capturing(name, start=2)
        assert (result.state, result.reason) == ("incomplete", "5 offsets could not be read")
        assert dict(capturing.told[-1].counts)["missing"] == 5
        assert capturing.positions(name) == [(0, offset) for offset in range(7, 20)]
        (row,) = capturing.store.ranges_table().to_pylist()
        assert (row["from"], row["next"], row["state"]) == (2, 20, "incomplete")
        assert row["gaps"] == [{"reason": "expired", "start": 2, "stop": 7}]
        assert (row["missing"], row["compacted"]) == (5, 0)
        assert row["reason"] == "5 offsets could not be read: expired"
        # It is not read again: what is gone stays gone, and the state says so.
        assert (await capturing(name, start=2)).records == 0
        assert capturing.store.ranges["state"].tolist() == ["incomplete"]

    async def test_records_that_expire_under_a_capture_that_follows(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(20))
        await capturing.log.delete_records({TopicPartition(name, 0): 5})
        result = await capturing(name, start=0, follow=True, limit=10)
        assert result.state == "incomplete"
        assert result.reason == "the limit of records was reached; 5 offsets could not be read"
        (row,) = [row for row in capturing.store.ranges_table().to_pylist() if row["missing"]]
        assert (row["missing"], row["compacted"], row["state"]) == (5, 0, "incomplete")

    async def test_control_records_and_aborted_data_are_no_missing_offsets(self, capturing, topic, topic_name):
        name = await topic()
        async with capturing.log.writer(transactional_id=topic_name("tx")) as writer:
            for number in range(4):
                await writer.begin()
                await writer.send([NewRecord(name, value=b"%d" % n, partition=0) for n in range(5)])
                await (writer.abort() if number % 2 else writer.commit())
        result = await capturing(name, limit=7)
        assert result.state == "complete"
        await capturing(name)
        rows = capturing.store.ranges_table().to_pylist()
        assert {(row["missing"], row["compacted"], row["state"]) for row in rows} == {(0, 0, "complete")}
        assert sum(row["records"] for row in rows) == 10

    async def test_the_end_is_frozen(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(200))
        writing = asyncio.create_task(write(name, numbered(200, 200)))
        await capturing(name)
        await writing
        (row,) = capturing.store.ranges_table().to_pylist()
        assert row["next"] == row["end"] >= 200
        assert len(capturing.positions(name)) == row["end"]

    async def test_a_window_that_ends_before_it_starts(self, capturing, topic):
        name = await topic()
        with pytest.raises(WindowError):
            await capturing(name, start=50, end=10)


class TestAgain:
    async def test_only_what_is_new_is_added(self, capturing, topic, write):
        name = await topic(partitions=2)
        await write(name, numbered(30))
        assert (await capturing(name)).records == 30
        assert (await capturing(name)).records == 0
        await write(name, numbered(5, 30))
        await write(name, numbered(3), partition=1)
        assert (await capturing(name)).records == 8
        assert capturing.positions(name) == [(0, n) for n in range(35)] + [(1, n) for n in range(3)]

    async def test_holes_between_windows_are_filled_without_doubles(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(100))
        await capturing(name, start=10, end=20)
        await capturing(name, start=50, end=60)
        await capturing(name, start=15, end=55)
        assert [offset for _, offset in capturing.positions(name)] == list(range(10, 60))
        await capturing(name)
        assert capturing.values(name) == numbered(100)

    async def test_a_recreated_topic_is_another_source(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(10))
        await capturing(name)
        await capturing.log.delete_topic(name)
        await topic(name)
        await write(name, [b"new-0", b"new-1"])
        assert (await capturing(name)).records == 2
        old, new = capturing.store.sources()
        assert old.topic == new.topic == name
        assert old.topic_id != new.topic_id
        counts = capturing.store.sql("SELECT source_id, count(*) AS n FROM records GROUP BY 1 ORDER BY 1")
        assert counts["n"].tolist() == [10, 2]

    async def test_another_isolation_for_a_stored_topic_is_refused(self, capturing, topic, write):
        name = await topic()
        await write(name, numbered(3))
        await capturing(name)
        with pytest.raises(SnapshotError, match="read_committed; capturing it as read_uncommitted"):
            await capturing(name, isolation="read_uncommitted")
        assert (await capturing(name)).records == 0

    async def test_a_limit_cuts_the_window_and_the_next_capture_goes_on(self, capturing, topic, write):
        name = await topic(partitions=2)
        await write(name, numbered(100))
        await write(name, numbered(100), partition=1)
        result = await capturing(name, limit=37)
        assert (result.state, result.records) == ("complete", 37)
        assert "limit" in result.reason
        assert len(capturing.positions(name)) == 37
        await capturing(name)
        assert capturing.positions(name) == list(itertools.product(range(2), range(100)))


class TestTransactions:
    async def test_aborted_data_and_markers_are_counted_and_not_stored(self, capturing, topic, topic_name):
        name = await topic()
        async with capturing.log.writer(transactional_id=topic_name("tx")) as writer:
            for commit, values in ((True, [b"a", b"b"]), (False, [b"x", b"y", b"z"]), (True, [b"c"])):
                await writer.begin()
                await writer.send([NewRecord(name, value=value, partition=0) for value in values])
                await (writer.commit() if commit else writer.abort())
        await capturing(name)
        assert capturing.values(name) == [b"a", b"b", b"c"]
        (row,) = capturing.store.ranges_table().to_pylist()
        assert (row["records"], row["aborted"], row["control"], row["next"]) == (3, 3, 3, 9)
        (source,) = capturing.store.selected_sources()
        assert source.transactional == {0}

    async def test_uncommitted_reads_take_aborted_data_too(self, capturing, topic, topic_name):
        name = await topic()
        async with capturing.log.writer(transactional_id=topic_name("tx")) as writer:
            await writer.begin()
            await writer.send([NewRecord(name, value=b"x", partition=0)])
            await writer.abort()
        await capturing(name, isolation="read_uncommitted")
        assert capturing.values(name) == [b"x"]
        assert capturing.store.ranges["isolation"].tolist() == ["read_uncommitted"]


class TestValues:
    async def test_what_has_no_envelope_is_raw_or_damaged_is_stored_and_counted(self, capturing, topic, write):
        name = await topic()
        values = [b"\xff\xfe", b"{broken", None, b'{"fine": 1}', b"plain text", b'{"cut": "of', b"[1, 2]"]
        await write(name, values)
        result = await capturing(name)
        assert result.records == 7
        assert capturing.values(name) == values
        events = capturing.store.events()
        assert events["convention"].isna().all()
        assert events["format"].fillna("none").tolist() == ["raw", "damaged", "none", "json", "raw", "damaged", "json"]
        assert result.values == ValueCounts(without_envelope=2, raw=2, damaged=2)
        ranges = capturing.store.ranges
        assert [ranges[name].sum() for name in ("without_envelope", "raw", "damaged")] == [2, 2, 2]


class TestOpenTransactions:
    @pytest.mark.parametrize("after", [0, 5])
    async def test_what_an_open_transaction_holds_is_said(self, capturing, log, topic, write, after):
        name = await topic(partitions=2)
        await write(name, [b"before"])
        async with log.writer(transactional_id=f"tx-{name}") as writer:
            await writer.begin()
            await writer.send([NewRecord(name, value=b"open", partition=0)])
            await write(name, [b"later"] * after)
            result = await capturing(name)
            text = f"{counted(1 + after, 'offset')} held by an open transaction since offset 1: not readable yet"
            assert (result.records, list(result.notes)) == (1, [f"{name}/0: {text}"])
            stored = {row["partition"]: row["reason"] for row in capturing.store.ranges_table().to_pylist()}
            assert stored == {0: text, 1: None}
            await writer.commit()
        result = await capturing(name)
        assert (result.records, result.notes) == (1 + after, ())
        assert capturing.values(name) == [b"before", b"open", *[b"later"] * after]

    async def test_a_reader_of_everything_waits_for_none(self, capturing, log, topic):
        name = await topic()
        async with log.writer(transactional_id=f"tx-{name}") as writer:
            await writer.begin()
            await writer.send([NewRecord(name, value=b"open", partition=0)])
            result = await capturing(name, isolation="read_uncommitted")
            assert (result.records, result.notes) == (1, ())
