"""What was read before anybody asked for it is given first, once, and to nobody where it failed."""

from __future__ import annotations

import asyncio

import pytest

from workbench.bus.memory import MemoryLog
from workbench.capture.early_reader import EarlyReader
from workbench.errors import UnknownTopicError
from workbench.model import NewRecord, Span, TopicPartition

RECORDS = 6


@pytest.fixture
async def log():
    async with MemoryLog("early") as opened:
        await opened.create_topic("t", partitions=1)
        async with opened.writer() as writer:
            await writer.send([NewRecord("t", value=b"v") for _ in range(RECORDS)])
        yield opened


def early(log, topic="t"):
    reader = log.reader([Span(topic, 0, 0, RECORDS)], isolation="read_committed", prefetch_bytes=1 << 20)
    return EarlyReader(reader, 1 << 20, 500)


async def read_before(reader):
    async with asyncio.timeout(10):
        while reader.positions[TopicPartition("t", 0)] < RECORDS:  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(0)


def records(chunks):
    return sum(chunk.records.num_rows for chunk in chunks)


async def test_the_first_read_waits_for_nobody_and_is_given_once(log):
    async with early(log) as reader:
        await read_before(reader)
        assert not reader.done
        async with reader:  # as a pipeline enters what was entered before
            assert records(await reader.read(1)) == RECORDS
            assert reader.done
            assert await reader.read() == []
    with pytest.raises(RuntimeError, match="closed"):
        await reader.read()


async def test_a_caller_that_gives_up_loses_nothing(log):
    async with early(log) as reader:
        asked = asyncio.create_task(reader.read())
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])
        assert asked.cancelled()
        assert records(await reader.read()) == RECORDS


async def test_an_error_is_raised_to_the_one_who_asks(log):
    async with early(log, "missing") as reader:
        with pytest.raises(UnknownTopicError):
            await reader.read()
    async with early(log, "missing"):
        pass
