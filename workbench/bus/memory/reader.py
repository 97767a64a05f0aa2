"""Reads spans from explicit positions, without a consumer group."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.memory.storage.batches import EMPTY
from workbench.bus.oversized import oversized_record
from workbench.bus.refusals import cannot_follow, deleted_while_read, recreated_while_read
from workbench.model.records.chunk import Chunk, Gap
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.memory.cluster.connection import Connection
    from workbench.bus.memory.storage.partition import PartitionLog
    from workbench.model.records.chunk import Isolation, Span


class _Cursor:
    """The position in one partition; its spans are read one after another."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = deque(spans)
        first = self._spans[0]
        self.name = TopicPartition(first.topic, first.partition)
        self.position, self.stop, self.done = first.start, first.stop, False
        self.topic_id = first.topic_id
        self.log: PartitionLog | None = None
        self.move(first.start)

    def move(self, position: int) -> None:
        self.position = position
        while self.stop is not None and self.position >= self.stop and not self.done:
            self._spans.popleft()
            self.done = not self._spans
            if self._spans:
                self.position, self.stop = self._spans[0].start, self._spans[0].stop


class MemoryReader:
    """Reads spans; see `workbench.bus.protocols.Reader`. It buffers nothing: the data is in this process already."""

    def __init__(
        self,
        connection: Connection,
        spans: Sequence[Span],
        isolation: Isolation,
        prefetch_bytes: int,
        *,
        largest: int,
    ) -> None:
        self._connection = connection
        self._isolation: Isolation = isolation
        self._prefetch_bytes = max(1, prefetch_bytes)
        self._largest = largest
        by_partition: dict[TopicPartition, list[Span]] = {}
        for span in spans:
            by_partition.setdefault(TopicPartition(span.topic, span.partition), []).append(span)
        self._cursors = {name: _Cursor(ahead) for name, ahead in by_partition.items()}
        self._closed = False

    @property
    def done(self) -> bool:
        """Whether every bounded span reached its stop and none follows."""
        return all(cursor.done for cursor in self._cursors.values())

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset to read of each partition."""
        return {name: cursor.position for name, cursor in self._cursors.items()}

    @property
    def unanswered_s(self) -> float:
        """Always 0: nothing is asked of anyone."""
        return 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop; harmless when repeated."""
        self._closed = True

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        """Return what is ready, waiting up to ``max_wait_ms`` for the first chunk.

        Raises:
            UnknownTopicError: A topic or partition is not there, or no longer.
            OffsetOutOfRangeError: A following span starts above the end.
        """
        if self._closed:
            raise RuntimeError("The reader is closed; make a new one.")
        cluster = await self._connection.call("Reading")
        until = time.monotonic() + max_wait_ms / 1000
        while not self.done:
            chunks = self._ready(min(max_bytes, self._prefetch_bytes))
            left = until - time.monotonic()
            if chunks or left <= 0:
                return chunks
            await cluster.changed.wait(left)
            self._connection.require_open()
        return []

    def _ready(self, room: int) -> list[Chunk]:
        chunks: list[Chunk] = []
        for name, cursor in list(self._cursors.items()):
            if room <= 0:
                break
            if cursor.done or (chunk := self._chunk(cursor, room)) is None:
                continue
            chunks.append(chunk)
            cursor.move(chunk.next)
            room -= chunk.records.nbytes
            # To the back of the queue: one busy partition must not keep the others from being read.
            self._cursors[name] = self._cursors.pop(name)
        return chunks

    def _chunk(self, cursor: _Cursor, room: int) -> Chunk | None:
        log = self._log(cursor)
        position, stop = cursor.position, cursor.stop
        gap = _outside(log, position, stop)
        if gap is not None:
            return self._make(log, EMPTY, position, gap.stop, gaps=(gap,))
        found = log.read(position, log.end if stop is None else stop, room, self._isolation)
        if found.next == position:
            return None
        records = EMPTY if not found.records else found.records[0]
        if len(found.records) > 1:
            records = pa.concat_batches(found.records)
        records, gaps = _without_oversized(records, self._largest)
        return self._make(log, records, position, found.next, control=found.control, aborted=found.aborted, gaps=gaps)

    def _make(
        self,
        log: PartitionLog,
        records: pa.RecordBatch,
        start: int,
        after: int,
        *,
        control: int = 0,
        aborted: int = 0,
        gaps: tuple[Gap, ...] = (),
    ) -> Chunk:
        return Chunk(
            topic=log.name.topic,
            partition=log.name.partition,
            records=records,
            start=start,
            next=after,
            end=log.end_for(self._isolation),
            control=control,
            aborted=aborted,
            gaps=gaps,
        )

    def _log(self, cursor: _Cursor) -> PartitionLog:
        topics, topic = self._connection.cluster.topics, cursor.name.topic
        if cursor.log is None:
            # The identity of the first span counts: the topic may have been created anew since it was described.
            if cursor.topic_id is not None and topic in topics and topics[topic].topic_id != cursor.topic_id:
                raise recreated_while_read(topic)
            cursor.log = self._connection.cluster.partition(cursor.name)
        if cursor.log.deleted:
            raise recreated_while_read(topic) if topic in topics else deleted_while_read(topic)
        return cursor.log


def _outside(log: PartitionLog, position: int, stop: int | None) -> Gap | None:
    """Return the gap for a position below the log start, or above the end of a truncated log."""
    if position < log.low:
        return Gap("expired", position, log.low if stop is None else min(log.low, stop))
    if position <= log.end:
        return None
    if stop is not None:
        return Gap("truncated", position, stop)
    raise cannot_follow(log.name, position, log.low, log.end)


def _without_oversized(records: pa.RecordBatch, largest: int) -> tuple[pa.RecordBatch, tuple[Gap, ...]]:
    """Leave out records whose key, value and headers are larger than the limit."""
    if records.nbytes <= largest:
        return records, ()
    lengths = [pc.fill_null(pc.binary_length(records.column(name)), 0).to_pylist() for name in ("key", "value")]
    headers = [
        sum(len(part or b"") for pair in of_record for part in pair.values())
        for of_record in records.column("headers").to_pylist()
    ]
    sizes = [sum(of_record) for of_record in zip(*lengths, headers, strict=True)]
    offsets = records.column("offset").to_pylist()
    gaps = tuple(oversized_record(at, size, largest) for at, size in zip(offsets, sizes, strict=True) if size > largest)
    return records.filter(pa.array([size <= largest for size in sizes])) if gaps else records, gaps
