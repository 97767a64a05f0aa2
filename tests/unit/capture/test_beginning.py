"""What a capture reads before its snapshot is open: the window, if that is what it goes on to read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.bus.memory import MemoryLog
from workbench.capture import Beginning
from workbench.errors import UnknownTopicError
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Start


@pytest.fixture
async def log():
    async with MemoryLog("beginning") as opened:
        await opened.create_topic("t", partitions=2)
        async with opened.writer() as writer:
            await writer.send([NewRecord("t", value=b"v", partition=number % 2) for number in range(6)])
        yield opened


@pytest.fixture
def readers(log, monkeypatch):
    """The readers that were made, in order."""
    made, make = [], log.reader

    def noted(spans, **options):
        made.append(make(spans, **options))
        return made[-1]

    monkeypatch.setattr(log, "reader", noted)
    return made


async def values(reader) -> int:
    async with reader:
        return sum([chunk.records.num_rows for chunk in await reader.read()])


async def test_the_window_is_read_by_the_reader_that_began(log, readers):
    async with Beginning(log, parse_topics("t"), start=Start()) as begun:
        window = await begun.window()
        assert await values(await begun.reader(window.spans[::-1])) == 6
        assert len(readers) == 1


async def test_other_spans_are_read_anew(log, readers):
    async with Beginning(log, parse_topics("t"), start=Start()) as begun:
        window = await begun.window()
        rest = [replace(span, start=2) for span in window.spans]
        assert await values(await begun.reader(rest)) == 2
        assert len(readers) == 2
        with pytest.raises(RuntimeError, match="closed"):
            await readers[0].read()


async def test_the_reader_is_given_once(log):
    async with Beginning(log, parse_topics("t"), start=Start()) as begun:
        spans = (await begun.window()).spans
        first = await begun.reader(spans)
        assert await begun.reader(spans) is not first


async def test_a_capture_that_follows_has_other_spans_and_reads_nothing_before(log, readers):
    async with Beginning(log, parse_topics("t"), start=Start(), follow=True) as begun:
        assert [span.stop for span in (await begun.window()).spans] == [None, None]
    assert readers == []


async def test_what_nobody_waits_for_is_ended(log, readers):
    async with Beginning(log, parse_topics("t"), start=Start()) as begun:
        await begun.window()
    with pytest.raises(RuntimeError, match="closed"):
        await readers[0].read()
    async with Beginning(log, parse_topics("missing"), start=Start()):
        pass
    async with Beginning(log, parse_topics("missing"), start=Start()) as begun:
        with pytest.raises(UnknownTopicError):
            await begun.window()
