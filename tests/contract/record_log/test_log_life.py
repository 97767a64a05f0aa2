"""Opening, closing, and what a closed log says."""

from __future__ import annotations

import pytest

from workbench.bus import open_log
from workbench.bus.protocols import GroupMember, Reader, RecordLog, Writer
from workbench.errors import WorkbenchError
from workbench.model import Span


async def test_every_part_fulfils_its_protocol(log, topic, group_name):
    name = await topic()
    reader = log.reader([Span(name, 0, 0, 0)])
    assert isinstance(log, RecordLog)
    assert isinstance(reader, Reader)
    assert isinstance(log.writer(), Writer)
    assert isinstance(log.member(group_name(), [name]), GroupMember)
    assert log.cluster_id
    assert "://" in log.address


async def test_nothing_works_before_opening(address):
    unopened = open_log(address)
    with pytest.raises(RuntimeError, match="not open"):
        await unopened.describe()
    await unopened.aclose()


async def test_closing_twice_is_fine_and_use_afterwards_is_not(address, topic_name):
    async with open_log(address) as log:
        pass
    await log.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await log.describe()
    with pytest.raises(RuntimeError, match="closed"):
        log.reader([Span(topic_name(), 0, 0, 1)])
    with pytest.raises(RuntimeError):
        await log.__aenter__()


async def test_an_open_log_is_not_opened_again(log):
    with pytest.raises(RuntimeError):
        await log.__aenter__()


async def test_parts_close_twice_and_refuse_afterwards(log, topic, group_name):
    name = await topic()
    async with log.reader([Span(name, 0, 0, None)]) as reader:
        await reader.read(max_wait_ms=1)
    await reader.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await reader.read()
    async with log.writer() as writer:
        await writer.send([])
    await writer.aclose()
    with pytest.raises(WorkbenchError, match="closed"):
        await writer.send([])
    async with log.member(group_name(), [name]) as member:
        pass
    await member.aclose()
    with pytest.raises(WorkbenchError, match="left"):
        await member.poll()
