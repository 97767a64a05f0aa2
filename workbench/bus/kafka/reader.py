"""Reads spans: fetches are sent ahead of the caller, and their answers decoded when the caller reads."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.bus.kafka.fetching.compression import Workspace
from workbench.bus.kafka.fetching.cursors import Buffer, Cursor
from workbench.bus.kafka.fetching.fetcher import Fetcher
from workbench.bus.kafka.fetching.stored import StoredBatches
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.fetching.cursors import FetchedBatches
    from workbench.bus.stored import StoredRecords
    from workbench.model.records.chunk import Chunk, Isolation, Span

_DECODE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class _Part:
    """Decoded records of what was fetched; one fetch of a partition may come in many parts."""

    fetched: FetchedBatches
    chunk: Chunk
    ends: bool
    """Whether nothing more comes of these batches."""


class KafkaReader:
    """Reads spans from explicit positions, without a consumer group; see `workbench.bus.protocols.Reader`.

    No fetch is sent while ``prefetch_bytes`` of undecoded answers wait, so a slow caller does not fill the memory.
    Batches are unpacked no further than the caller reads; a record larger than ``session.largest_record`` is a gap.
    """

    def __init__(self, session: Session, spans: Sequence[Span], isolation: Isolation, prefetch_bytes: int) -> None:
        self._session = session
        self._isolation: Isolation = isolation
        self._prefetch_bytes = max(1, prefetch_bytes)
        self._cursors = _cursors(spans)
        self._buffer = Buffer()
        self._fetcher: Fetcher | None = None
        self._task: asyncio.Task[None] | None = None
        self._workspace = Workspace()
        # One thread of its own: the workspace is for one thread, and the event loop goes on fetching meanwhile.
        self._thread = ThreadPoolExecutor(1, "kafka-decode")
        self._expansion = 1.0
        self._opened: Iterator[_Part] | None = None
        self._decoded_bytes = 0
        self._closed = False

    @property
    def done(self) -> bool:
        """Whether every bounded span reached its stop and none follows."""
        return all(cursor.done for cursor in self._cursors.values())

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset to read of each partition."""
        return {partition: cursor.position for partition, cursor in self._cursors.items()}

    @property
    def unanswered_s(self) -> float:
        """Seconds that a leader owes an answer about a partition, the longest of all; 0 while nothing is asked."""
        return 0.0 if self._fetcher is None else self._fetcher.unanswered_s

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        """Return what is ready, waiting up to ``max_wait_ms`` for the first chunk.

        Raises:
            BrokerUnavailableError: A partition's leader was not reached within the deadline.
            UnknownTopicError: A topic or partition is not there, or no longer.
        """
        if self.done:
            return []
        return await self._take(await self._arrived(max_wait_ms), max_bytes)

    async def read_stored(self, max_wait_ms: int = 500) -> list[StoredRecords]:
        """Return what is ready as it is stored; see `workbench.bus.stored.StoredReader`. Not to be mixed with `read`.

        Raises:
            BrokerUnavailableError: A partition's leader was not reached within the deadline.
            UnknownTopicError: A topic or partition is not there, or no longer.
        """
        if self.done:
            return []
        fetched = self._taken(await self._arrived(max_wait_ms), self._prefetch_bytes)
        for one in fetched:
            one.cursor.position, one.cursor.done = one.next, one.last
        return [StoredBatches(one, self._session.largest_record, self._workspace) for one in fetched]

    async def _arrived(self, max_wait_ms: int) -> Fetcher:
        """Wait until something was fetched."""
        fetcher = self._start()
        if self._opened is None and not self._buffer.fetched and not fetcher.failed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max_wait_ms / 1000):
                    await fetcher.arrival.wait()
        if self._opened is None and not self._buffer.fetched:
            fetcher.raise_failure()
        return fetcher

    async def aclose(self) -> None:
        """Stop fetching and free the buffers, also when the caller is cancelled meanwhile; harmless when repeated."""
        self._closed = True
        self._thread.shutdown(wait=False)
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.shield(self._end(task))
        self._buffer, self._opened = Buffer(), None

    async def _end(self, task: asyncio.Task[None]) -> None:
        await asyncio.wait([task])
        if self._fetcher is not None:
            await self._fetcher.aclose()

    def __del__(self) -> None:
        if self._task is not None and not self._task.done():
            warnings.warn("A Kafka reader was not closed", ResourceWarning, stacklevel=2, source=self)

    def _start(self) -> Fetcher:
        if self._closed:
            raise RuntimeError("The reader is closed; make a new one.")
        if self._fetcher is None:
            self._fetcher = Fetcher(
                self._session,
                list(self._cursors.values()),
                self._buffer,
                isolation=self._isolation,
                prefetch_bytes=self._prefetch_bytes,
            )
            self._task = asyncio.get_running_loop().create_task(self._fetcher.run(), name="kafka-fetch")
        return self._fetcher

    async def _take(self, fetcher: Fetcher, max_bytes: int) -> list[Chunk]:
        chunks: list[Chunk] = []
        room = max(1, max_bytes)
        while room > 0:
            if self._opened is None and not self._open_next(fetcher, room):
                break
            # In the reader's thread, and no further than there is room: a few batches may unpack to gigabytes.
            loop = asyncio.get_running_loop()
            parts, ended = await loop.run_in_executor(self._thread, _decoded, self._opened, room)
            if ended:
                self._opened = None
            for part in parts:
                chunks.append(part.chunk)
                room -= self._note(part)
        return chunks

    def _open_next(self, fetcher: Fetcher, room: int) -> bool:
        """Take fetched batches out of the buffer; whether there are any."""
        fetched = self._taken(fetcher, min(_DECODE_BYTES, round(room / self._expansion)))
        if fetched:
            self._opened = _parts(fetched, self._workspace, self._session.largest_record)
        return bool(fetched)

    def _taken(self, fetcher: Fetcher, size: int) -> list[FetchedBatches]:
        """Take about so many bytes of batches out of the buffer, and let the fetcher go on."""
        fetched = self._buffer.take(size)
        # Cleared only while nothing waits, and before the fetcher goes on, so that no arrival is missed.
        if fetched and not self._buffer.fetched:
            fetcher.arrival.clear()
        if fetched:
            fetcher.room.set()
        return fetched

    def _note(self, part: _Part) -> int:
        """Move the position behind a part; returns the bytes that it counts for."""
        cursor, size = part.fetched.cursor, int(part.chunk.records.nbytes)
        cursor.position = part.chunk.next
        self._decoded_bytes += size
        if part.ends:
            cursor.done = part.fetched.last
            if part.fetched.size:
                cursor.expansion = self._decoded_bytes / part.fetched.size
                self._expansion = max(1.0, cursor.expansion)
            size += max(0, part.fetched.size - self._decoded_bytes)
            self._decoded_bytes = 0
        return size


def _cursors(wanted: Sequence[Span]) -> dict[TopicPartition, Cursor]:
    by_partition: dict[TopicPartition, deque[Span]] = {}
    for span in wanted:
        by_partition.setdefault(TopicPartition(span.topic, span.partition), deque()).append(span)
    return {partition: Cursor(partition, spans) for partition, spans in by_partition.items()}


def _decoded(parts: Iterator[_Part] | None, room: int) -> tuple[list[_Part], bool]:
    """Decode the next parts, about as many bytes as there is room for, and tell whether these were the last."""
    found: list[_Part] = []
    while room > 0:
        part = next(parts, None) if parts is not None else None
        if part is None:
            return found, True
        found.append(part)
        room -= max(1, part.chunk.records.nbytes)
    return found, False


def _parts(fetched: Sequence[FetchedBatches], workspace: Workspace, largest: int) -> Iterator[_Part]:
    for one in fetched:
        for chunk in StoredBatches(one, largest, workspace).chunks():
            yield _Part(one, chunk, chunk.next >= one.next)
