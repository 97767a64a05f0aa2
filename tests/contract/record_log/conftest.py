"""One behaviour suite for every record log: each test runs on the memory backend and on a real Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.model import NewRecord, Span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk, Isolation, Outcome


@pytest.fixture
async def topic(log: RecordLog, topic_name: Callable[..., str]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Factory: ``await topic(partitions=3, config={…})`` gives the name of a new topic, deleted afterwards."""
    made: list[str] = []

    async def make(partitions: int = 1, config: dict[str, str] | None = None) -> str:
        name = topic_name("wb-log")
        await log.create_topic(name, partitions=partitions, config=config)
        made.append(name)
        return name

    yield make
    for name in made:
        if await log.describe([name]):
            await log.delete_topic(name)


@pytest.fixture
def write(log: RecordLog) -> Callable[..., Awaitable[list[Outcome]]]:
    """Write values to one partition and see every one acknowledged."""

    async def write(topic: str, values: Sequence[bytes], partition: int = 0) -> list[Outcome]:
        async with log.writer() as writer:
            outcomes = await writer.send([NewRecord(topic, value=value, partition=partition) for value in values])
        assert [outcome.error for outcome in outcomes] == [None] * len(values)
        return outcomes

    return write


@pytest.fixture
def read_all(log: RecordLog) -> Callable[..., Awaitable[list[Chunk]]]:
    """Read bounded spans to their end; chunks account for every offset, without overlap."""

    async def read(
        *spans: Span,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
        max_bytes: int = 16 << 20,
    ) -> list[Chunk]:
        chunks: list[Chunk] = []
        async with log.reader(spans, isolation=isolation, prefetch_bytes=prefetch_bytes) as reader:
            while not reader.done:
                chunks += await reader.read(max_bytes=max_bytes, max_wait_ms=5_000)
        for span in spans:
            ends = [(c.start, c.next) for c in chunks if (c.topic, c.partition) == (span.topic, span.partition)]
            if len(spans) == 1 and ends:
                assert ends[0][0] == span.start
                assert [start for start, _ in ends[1:]] == [after for _, after in ends[:-1]]
                assert ends[-1][1] >= (span.stop or 0)
        return chunks

    return read
