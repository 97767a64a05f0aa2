"""Captures of real logs: each test runs on the memory backend and on a real Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from workbench.capture import Beginning, CaptureResult, capture
from workbench.decoding import Decoder
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from workbench.bus.protocols import RecordLog
    from workbench.model.feeds import Progress


@pytest.fixture
async def topic(log: RecordLog, topic_name: Callable[..., str]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Factory: ``await topic(partitions=3)`` gives the name of a new topic, deleted afterwards."""
    made: list[str] = []

    async def make(name: str | None = None, *, partitions: int = 1, config: dict[str, str] | None = None) -> str:
        name = name or topic_name("wb-capture")
        await log.create_topic(name, partitions=partitions, config=config)
        made.append(name)
        return name

    yield make
    for name in set(made):
        if await log.describe([name]):
            await log.delete_topic(name)


@pytest.fixture
def write(log: RecordLog) -> Callable[..., Awaitable[None]]:
    """Write values to one partition and see every one acknowledged."""

    async def write(topic: str, values: Sequence[bytes | None], *, partition: int = 0, **more: Any) -> None:
        async with log.writer() as writer:
            records = [NewRecord(topic, value=value, partition=partition, **more) for value in values]
            outcomes = await writer.send(records)
        assert [outcome.error for outcome in outcomes] == [None] * len(values)

    return write


@pytest.fixture
def snapshot_path(tmp_path: Path) -> Path:
    return tmp_path / "incident.duckdb"


@pytest.fixture
def store(snapshot_path: Path) -> Iterator[SnapshotStore]:
    with SnapshotStore.open(snapshot_path, write=True) as opened:
        yield opened


@dataclass
class Capturing:
    """``await capturing("topic", start="-15m")``: captures, and keeps the progress that was told."""

    log: RecordLog
    store: SnapshotStore
    decoder: Decoder = field(default_factory=Decoder)
    told: list[Progress] = field(default_factory=list)

    async def __call__(
        self, topics: Any, *, start: Any = "start", end: Any = None, limit: int | None = None, **options: Any
    ) -> CaptureResult:
        last = None if end is None else parse_bound(end)
        async with Beginning(self.log, parse_topics(topics), start=parse_bound(start), end=last, **options) as begun:
            return await capture(
                begun, self.store, lambda _: self.decoder, cluster="test", limit=limit, progress=self.told.append
            )

    def values(self, topic: str) -> list[bytes | None]:
        """Stored values in order of position."""
        table = self.store.record_table("topic = $topic", {"topic": topic})
        return table["value"].to_pylist()

    def positions(self, topic: str) -> list[tuple[int, int]]:
        """Stored positions, with repeats if there were any."""
        table = self.store.sql_arrow('SELECT "partition", "offset" FROM records WHERE topic = ? ORDER BY ALL', [topic])
        return list(zip(table["partition"].to_pylist(), table["offset"].to_pylist(), strict=True))


@pytest.fixture
def capturing(log: RecordLog, store: SnapshotStore) -> Capturing:
    return Capturing(log, store)
