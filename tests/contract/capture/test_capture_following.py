from __future__ import annotations

import asyncio
import threading

import pytest

from workbench.capture import additions
from workbench.errors import SnapshotError, UnknownTopicError
from workbench.store import SnapshotStore
from workbench.store.transfer import copy_to

DEADLINE_S = 45


async def until(condition) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is rows in a file
            await asyncio.sleep(0.05)


class Gate:
    """A decoder that waits at its first batch."""

    def __init__(self, decoder) -> None:
        self.decoder = decoder
        self.reached, self.opened = threading.Event(), threading.Event()

    def decode(self, records, topic):
        self.reached.set()
        assert self.opened.wait(DEADLINE_S)
        return self.decoder.decode(records, topic)


class TestFollowing:
    async def test_it_takes_what_comes_and_is_durable_before_it_ends(self, capturing, topic, write):
        name = await topic()
        await write(name, [b"0", b"1"])
        task = asyncio.create_task(capturing(name, follow=True))
        await until(lambda: len(capturing.positions(name)) == 2)
        for number in range(2, 6):
            await write(name, [b"%d" % number])
        await until(lambda: len(capturing.positions(name)) == 6)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert capturing.values(name) == [b"%d" % number for number in range(6)]
        ranges = capturing.store.ranges
        assert (ranges["next"] == ranges["end"]).all()
        assert capturing.told[-1].state == "stopped"
        await write(name, [b"6"])
        assert (await capturing(name)).records == 1

    async def test_it_ends_at_a_limit(self, capturing, topic, write):
        name = await topic()
        await write(name, [b"0", b"1"])
        task = asyncio.create_task(capturing(name, follow=True, limit=5))
        await write(name, [b"2", b"3"])
        await write(name, [b"4", b"5", b"6"])
        async with asyncio.timeout(DEADLINE_S):
            result = await task
        assert (result.state, result.records) == ("complete", 5)
        assert capturing.values(name) == [b"%d" % number for number in range(5)]
        await capturing(name)
        assert len(capturing.positions(name)) == 7

    async def test_from_the_end_old_records_are_left_out(self, capturing, topic, write):
        name = await topic()
        await write(name, [b"old"])
        task = asyncio.create_task(capturing(name, start="end", follow=True, limit=1))
        await until(lambda: capturing.told)
        await write(name, [b"new"])
        async with asyncio.timeout(DEADLINE_S):
            await task
        assert capturing.values(name) == [b"new"]

    async def test_a_second_capture_of_the_same_topic_waits_for_nothing_and_is_refused(self, capturing, topic, write):
        name, other = await topic(), await topic()
        await write(name, [b"0"])
        await write(other, [b"0"])
        task = asyncio.create_task(capturing(name, follow=True))
        await until(lambda: capturing.positions(name))
        with pytest.raises(SnapshotError, match="under way already"):
            await capturing(name)
        assert (await capturing(other)).records == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await capturing(name)).records == 0

    async def test_a_copy_can_be_read_while_it_goes_on(self, capturing, topic, write, tmp_path):
        name = await topic()
        await write(name, [b"0"])
        task = asyncio.create_task(capturing(name, follow=True))
        await until(lambda: capturing.positions(name))
        path = await asyncio.to_thread(copy_to, capturing.store, tmp_path / "copy.duckdb")
        with SnapshotStore.open(path) as copy:
            assert copy.sql("SELECT count(*) AS n FROM records")["n"][0] == 1
            assert "failed" in copy.ranges["state"].tolist()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class TestStopped:
    async def test_cancelled_and_finished_later(self, capturing, topic, write):
        name = await topic(partitions=3)
        for partition in range(3):
            await write(name, [b"x" * 500] * 2000, partition=partition)
        capturing.decoder, good = Gate(capturing.decoder), capturing.decoder
        task = asyncio.create_task(capturing(name))
        await until(capturing.decoder.reached.is_set)
        task.cancel()
        capturing.decoder.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        stored = capturing.positions(name)
        assert len(stored) == len(set(stored)) < 6000
        assert "cancelled" in set(capturing.store.ranges["state"])
        capturing.decoder = good
        await capturing(name)
        assert set(capturing.store.ranges["state"]) == {"complete"}
        assert capturing.positions(name) == [(p, o) for p in range(3) for o in range(2000)]

    async def test_a_failed_decoder_loses_nothing_that_was_stored(self, capturing, topic, write):
        name = await topic()
        await write(name, [b"0"] * 10)
        await capturing(name)
        await write(name, [b"1"] * 10)

        class Broken:
            def decode(self, records, topic):
                raise RuntimeError(f"no decoding of {topic}")

        capturing.decoder, good = Broken(), capturing.decoder
        with pytest.raises(RuntimeError, match="no decoding"):
            await capturing(name)
        assert len(capturing.positions(name)) == 10
        failed = capturing.store.ranges.query("state == 'failed'")
        assert failed["reason"].tolist() == [f"no decoding of {name}"]
        assert capturing.told[-1].state == "failed"
        capturing.decoder = good
        await capturing(name)
        assert len(capturing.positions(name)) == 20

    @pytest.mark.parametrize(
        ("records", "word"), [(None, "was deleted while it was read"), (3, "recreated"), (30, "recreated")]
    )
    async def test_a_topic_deleted_or_recreated_meanwhile_ends_the_capture_at_once(
        self, capturing, topic, write, records, word
    ):
        name = await topic()
        await write(name, [b"0"] * 10)
        task = asyncio.create_task(capturing(name, follow=True))
        await until(lambda: capturing.positions(name))
        await capturing.log.delete_topic(name)
        if records is not None:
            await topic(name)
            await write(name, [b"new"] * records)
        async with asyncio.timeout(10):
            with pytest.raises(UnknownTopicError, match=word):
                await task
        assert capturing.values(name) == [b"0"] * 10
        failed = capturing.store.ranges.query("state == 'failed'")
        assert word in failed["reason"].tolist()[0]


class TestAddedPartitions:
    @pytest.mark.parametrize("total", [2, 5])
    async def test_they_are_taken_up_from_their_start(self, capturing, topic, write, monkeypatch, total):
        monkeypatch.setattr(additions, "METADATA_S", 0.2)
        name, other = await topic(), await topic(partitions=2)
        await write(name, [b"before"])
        task = asyncio.create_task(capturing([name, other], follow=True, limit=2 + 3 * (total - 1)))
        await until(lambda: capturing.positions(name))
        await capturing.log.add_partitions(name, total)
        for partition in range(1, total):
            await write(name, [b"%d" % number for number in range(3)], partition=partition)
        await write(name, [b"after"])
        async with asyncio.timeout(DEADLINE_S):
            result = await task
        added = [(partition, offset) for partition in range(1, total) for offset in range(3)]
        assert capturing.positions(name) == [(0, 0), (0, 1), *added]
        said = [f"{name}/{partition} was added meanwhile, and is read from its start" for partition in range(1, total)]
        assert list(result.notes) == said
        (source,) = [one for one in capturing.store.sources() if one.topic == name]
        assert source.partitions == total
        notes = capturing.store.sql_arrow("SELECT notes FROM captures")["notes"].to_pylist()
        assert notes == [said]

    async def test_a_later_capture_goes_on_with_them(self, capturing, topic, write, monkeypatch):
        monkeypatch.setattr(additions, "METADATA_S", 0.2)
        name = await topic()
        await write(name, [b"0"])
        task = asyncio.create_task(capturing(name, follow=True))
        await until(lambda: capturing.positions(name))
        await capturing.log.add_partitions(name, 2)
        await write(name, [b"1"], partition=1)
        await until(lambda: len(capturing.positions(name)) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await write(name, [b"2"], partition=1)
        assert (await capturing(name)).records == 1
        assert capturing.positions(name) == [(0, 0), (1, 0), (1, 1)]


class TestAddedTopics:
    @pytest.fixture(autouse=True)
    def looks_often(self, monkeypatch):
        monkeypatch.setattr(additions, "METADATA_S", 0.2)

    @pytest.mark.parametrize(
        ("pattern", "start"), [("{0}*", "start"), (r"~{0}(\.\w+)?", "end"), (["{0}*", "{0}"], "-1")]
    )
    async def test_those_that_match_are_taken_up_from_their_start(self, capturing, topic, write, pattern, start):
        name = await topic()
        await write(name, [b"before"])
        wanted = [one.format(name) for one in pattern] if isinstance(pattern, list) else pattern.format(name)
        first = 0 if start == "end" else 1
        task = asyncio.create_task(capturing(wanted, start=start, follow=True, limit=first + 6))
        await until(lambda: capturing.told and len(capturing.positions(name)) == first)
        added, other = await topic(f"{name}.eu", partitions=2), await topic(f"other-{name}")
        await topic(f"{name}.replay.0123abcd")
        for number in range(2):
            await write(added, [b"0", b"1"], partition=number)
        await write(other, [b"not wanted"])
        await until(lambda: len(capturing.positions(added)) == 4)
        assert f"topic {added} appeared meanwhile, and is read from its start" in {told.note for told in capturing.told}
        await capturing.log.add_partitions(added, 3)
        await write(added, [b"2"], partition=2)
        await write(name, [b"after"])
        async with asyncio.timeout(DEADLINE_S):
            result = await task
        assert capturing.positions(added) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
        assert capturing.positions(name) == [(0, offset) for offset in range(1 - first, 2)]
        said = (
            f"topic {added} appeared meanwhile, and is read from its start",
            f"{added}/2 was added meanwhile, and is read from its start",
        )
        assert result.notes[-2:] == said
        assert {one.topic: one.partitions for one in capturing.store.sources()} == {name: 1, added: 3}
        assert (await capturing(added)).records == 0, "a later capture has nothing to add"

    @pytest.mark.parametrize("again", [False, True])
    async def test_one_that_is_deleted_ends_and_the_others_go_on(self, capturing, topic, write, again):
        name = await topic()
        gone = await topic(f"{name}.short")
        await write(gone, [b"0", b"1"])
        task = asyncio.create_task(capturing(f"{name}*", follow=True, limit=4))
        await until(lambda: len(capturing.positions(gone)) == 2)
        await capturing.log.delete_topic(gone)
        if again:
            await topic(gone)
            await write(gone, [b"other"] * 3)
        await until(lambda: any("is followed no more" in told.note for told in capturing.told))
        await write(name, [b"2", b"3"])
        async with asyncio.timeout(DEADLINE_S):
            result = await task
        word = "recreated" if again else "was deleted while it was read"
        assert (result.state, result.records) == ("incomplete", 4)
        assert word in result.reason
        assert [f"topic {gone} is followed no more: " in note and word in note for note in result.notes] == [True]
        (lost,) = [row for row in result.rows(capturing.store) if row["topic"] == gone and row["state"] == "failed"]
        assert (lost["next"], lost["end"], word in lost["reason"]) == (2, 2, True)
        assert capturing.values(gone) == [b"0", b"1"]
        assert capturing.values(name) == [b"2", b"3"]
        stored = capturing.store.sql_arrow("SELECT notes FROM captures")["notes"].to_pylist()
        assert stored == [list(result.notes)]

    async def test_a_named_selection_takes_up_no_topic(self, capturing, topic, write):
        name = await topic()
        task = asyncio.create_task(capturing(name, follow=True, limit=1))
        await until(lambda: capturing.told)
        await write(await topic(f"{name}.eu"), [b"x"])
        await asyncio.sleep(0.5)
        await write(name, [b"0"])
        async with asyncio.timeout(DEADLINE_S):
            assert (await task).notes == ()

    async def test_one_that_the_snapshot_holds_goes_on_behind_what_is_stored(self, capturing, topic, write):
        name, other = await topic(), await topic()
        hidden = f"{name}.hidden"
        await topic(hidden)
        await write(hidden, [b"0", b"1"])
        await capturing(hidden)
        await write(hidden, [b"2"])
        capturing.log = Hiding(capturing.log, {hidden})
        task = asyncio.create_task(capturing([f"{name}*", other], follow=True, limit=2))
        await until(lambda: capturing.told[-1].state == "running")
        capturing.log.hidden.clear()
        await until(lambda: len(capturing.positions(hidden)) == 3)
        await write(other, [b"x"])
        async with asyncio.timeout(DEADLINE_S):
            assert (await task).state == "complete"
        assert capturing.values(hidden) == [b"0", b"1", b"2"]

    async def test_one_that_another_capture_stores_is_left_out_and_said(self, capturing, topic, write, monkeypatch):
        name = await topic()
        task = asyncio.create_task(capturing(f"{name}*", follow=True, limit=1))
        await until(lambda: capturing.told)
        monkeypatch.setattr(additions, "METADATA_S", 60)
        second = await topic(f"{name}.second")
        await write(second, [b"0"])
        other = asyncio.create_task(capturing(second, follow=True))
        await until(lambda: capturing.positions(second))
        monkeypatch.setattr(additions, "METADATA_S", 0.2)
        await until(lambda: any("is left out" in told.note for told in capturing.told))
        await write(name, [b"0"])
        async with asyncio.timeout(DEADLINE_S):
            (note,) = (await task).notes
        assert note.startswith(f"topic {second} appeared meanwhile, and is left out: A capture of {second} into")
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other
        assert capturing.positions(second) == [(0, 0)]


class Hiding:
    """A log whose user may not describe some topics yet."""

    def __init__(self, log, hidden) -> None:
        self._log, self.hidden = log, hidden

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def describe(self, topics=None):
        return [info for info in await self._log.describe(topics) if info.name not in self.hidden]

    async def topic_names(self):
        return [name for name in await self._log.topic_names() if name not in self.hidden]
