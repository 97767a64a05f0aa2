"""A Kafka log that is open, and topics that go away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.bus import open_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from workbench.bus.kafka import KafkaLog
    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk, Isolation, Span


@pytest.fixture
async def log(kafka_address: str) -> AsyncIterator[KafkaLog]:
    async with open_log(f"kafka://{kafka_address}") as opened:
        yield opened


@pytest.fixture
async def topic(log: RecordLog, topic_name: Callable[..., str]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Factory: ``await topic(partitions=3, config={…})`` gives the name of a new topic."""
    made = []

    async def make(partitions: int = 1, **config: str) -> str:
        name = topic_name("wb-kafka")
        settings = {key.replace("_", "."): value for key, value in config.items()}
        await log.create_topic(name, partitions=partitions, config=settings)
        made.append(name)
        return name

    yield make
    for name in made:
        await log.delete_topic(name)


@pytest.fixture
def read_all(log: RecordLog) -> Callable[..., Awaitable[list[Chunk]]]:
    """Read bounded spans to their end."""

    async def read(
        spans: Sequence[Span],
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> list[Chunk]:
        chunks: list[Chunk] = []
        async with log.reader(spans, isolation=isolation, prefetch_bytes=prefetch_bytes) as reader:
            while not reader.done:
                chunks += await reader.read(max_wait_ms=2000)
        return chunks

    return read
