from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Self

import pytest

from workbench.bus import open_log
from workbench.errors import UnknownTopicError, WorkbenchError
from workbench.live import changes
from workbench.live.following import follow_chunks, follow_records
from workbench.model import NewRecord

if TYPE_CHECKING:
    from workbench.bus import RecordLog

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
async def log(request, topic_name):
    kafka = request.param == "kafka"
    address = f"kafka://{request.getfixturevalue('kafka_address')}" if kafka else f"memory://{topic_name()}"
    async with open_log(address) as opened:
        yield opened


@pytest.fixture
async def orders(log, topic_name):
    """A topic of one partition; its name begins those of the other topics of a test."""
    name = topic_name("orders")
    await log.create_topic(name)
    yield name
    for left in await log.topic_names():
        if left.startswith(name):
            with suppress(WorkbenchError):
                await log.delete_topic(left)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(changes, "METADATA_S", 0.1)


async def write(log, topic, *values: bytes, partition=0):
    async with log.writer() as writer:
        await writer.send([NewRecord(topic, value=value, partition=partition) for value in values])


class Following:
    """Follows in a task; keeps the values and the remarks."""

    def __init__(self, log, topics, **options) -> None:
        self.values: list[bytes] = []
        self.remarks: list[str] = []
        self.task = asyncio.create_task(self._run(log, topics, options))

    async def _run(self, log, topics, options) -> None:
        async with aclosing(follow_chunks(log, topics, note=self.remarks.append, **options)) as chunks:
            async for chunk in chunks:
                self.values += chunk.records.column("value").to_pylist()

    async def until(self, condition) -> None:
        async with asyncio.timeout(45):
            while not condition(self) and not self.task.done():  # noqa: ASYNC110 - what is waited for is a list
                await asyncio.sleep(0.02)
        if self.task.done():
            await self.task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError, WorkbenchError):
            await self.task


async def test_records_come_one_by_one_up_to_the_end(log, orders):
    await write(log, orders, b"0", b"1")
    found = [record async for record in follow_records(log, orders, start="start", stop_at_end=True)]
    assert [(record.offset, record.value) for record in found] == [(0, b"0"), (1, b"1")]


async def test_topics_that_begin_to_match_and_added_partitions_are_taken_up(log, orders):
    await write(log, orders, b"0")
    async with Following(log, f"{orders}*", start="start") as followed:
        await followed.until(lambda f: f.values == [b"0"])
        await log.create_topic(f"{orders}.eu")
        await write(log, f"{orders}.eu", b"1", b"2")
        await followed.until(lambda f: f.values == [b"0", b"1", b"2"])
        await log.add_partitions(orders, 2)
        await write(log, orders, b"3", partition=1)
        await followed.until(lambda f: f.values == [b"0", b"1", b"2", b"3"])
        await write(log, orders, b"4")
        await followed.until(lambda f: f.values[-1] == b"4")
        assert followed.remarks == [
            f"topic {orders}.eu appeared meanwhile, and is read from its start",
            f"{orders}/1 was added meanwhile, and is read from its start",
        ]


async def test_only_the_partitions_that_were_asked_for(log, orders):
    async with Following(log, f"{orders}*", start="start", partitions=[0, 2]) as followed:
        await write(log, orders, b"0")
        await followed.until(lambda f: f.values == [b"0"])
        await log.add_partitions(orders, 3)
        for partition in (1, 2):
            await write(log, orders, b"%d" % partition, partition=partition)
        await followed.until(lambda f: len(f.values) == 2)
        assert set(followed.values) == {b"0", b"2"}
        assert followed.remarks == [f"{orders}/2 was added meanwhile, and is read from its start"]


async def test_a_deleted_topic_is_said_and_the_others_go_on(log, orders):
    await log.create_topic(f"{orders}.eu")
    async with Following(log, f"{orders}*", start="start") as followed:
        await write(log, f"{orders}.eu", b"0")
        await followed.until(lambda f: f.values == [b"0"])
        await log.delete_topic(f"{orders}.eu")
        await followed.until(lambda f: f.remarks)
        assert f"{orders}.eu is followed no more" in followed.remarks[0]
        await write(log, orders, b"1")
        await followed.until(lambda f: f.values == [b"0", b"1"])
        await log.create_topic(f"{orders}.eu")
        await write(log, f"{orders}.eu", b"2")
        await followed.until(lambda f: f.values == [b"0", b"1", b"2"])
        await log.delete_topic(f"{orders}.eu")
        await followed.until(lambda f: len(f.remarks) == 3)
        await log.delete_topic(orders)
        with pytest.raises(UnknownTopicError):
            await followed.until(lambda _: False)


async def test_what_open_transactions_hold_is_said_at_the_start_and_later_once(log, orders, topic_name):
    await log.add_partitions(orders, 2)
    await write(log, orders, b"plain")
    async with log.writer(transactional_id=topic_name("txn")) as first:
        await first.begin()
        await first.send([NewRecord(orders, value=b"open", partition=0)])
        await write(log, orders, *[b"after"] * 5)
        async with Following(log, orders, start="start") as followed:
            await followed.until(lambda f: f.values == [b"plain"])
            held = "{}/{}: {} held by an open transaction since offset {}: not readable yet"
            assert followed.remarks == [held.format(orders, 0, "6 offsets", 1)]
            async with log.writer(transactional_id=topic_name("txn")) as second:
                await second.begin()
                await second.send([NewRecord(orders, value=b"late", partition=1)])
                await followed.until(lambda f: len(f.remarks) > 1)
                await first.commit()
                await followed.until(lambda f: len(f.values) == 7)
                await second.commit()
            await followed.until(lambda f: len(f.values) == 8)
            assert followed.remarks[1:] == [held.format(orders, 1, "1 offset", 0)]


async def fill_with_one_large_record(log: RecordLog) -> None:
    await log.create_topic("t")
    async with log.writer() as writer:
        await writer.send([NewRecord("t", value=b"x" * size, partition=0) for size in (10, 500, 20)])


async def test_a_record_above_the_limit_is_a_note():
    notes: list[str] = []
    async with open_log("memory://following", max_record_bytes=100) as log:
        await fill_with_one_large_record(log)
        chunks = [c async for c in follow_chunks(log, "t", start="start", stop_at_end=True, note=notes.append)]
    assert [offset for chunk in chunks for offset in chunk.records["offset"].to_pylist()] == [0, 2]
    (note,) = notes
    assert note.startswith("t/0: 1 offset from 1 could not be read: oversized: a record of 500 bytes")


async def test_without_a_listener_it_is_a_warning_in_the_log(caplog):
    async with open_log("memory://following", max_record_bytes=100) as log:
        await fill_with_one_large_record(log)
        with caplog.at_level(logging.WARNING, "workbench.live.following"):
            records = [r async for r in follow_records(log, "t", start="start", stop_at_end=True)]
    assert [record.offset for record in records] == [0, 2]
    assert "t/0: 1 offset from 1 could not be read" in caplog.text
