"""`ProxyReader`: follows partitions through the HTTP proxy, from explicit offsets and without a group."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.bus.redpanda.proxy.answers import columns
from workbench.bus.redpanda.proxy.bounds import OUTSIDE, UNKNOWN, is_away, is_inside
from workbench.bus.redpanda.proxy.parameters import FETCH_BYTES, MAX_FETCH_BYTES
from workbench.errors import BrokerUnavailableError, HttpProxyError, UnknownTopicError
from workbench.model.records.chunk import Chunk, Gap
from workbench.model.records.columns import UNTIMED_RECORD
from workbench.model.records.record import TopicPartition
from workbench.text import partition_text, size_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from workbench.bus.redpanda.proxy.client import HttpProxy
    from workbench.model.records.chunk import Span

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.0
"""Between two questions to a partition that had nothing new."""
GIVE_UP_S = 30.0
_AT_ONCE = 4


@dataclass
class _Place:
    """How far one partition is read."""

    topic: str
    partition: int
    position: int
    stop: int | None
    max_bytes: int = field(default_factory=lambda: FETCH_BYTES)
    pause_s: float = 0.0
    ready_at: float = 0.0
    failing_since: float = 0.0

    @property
    def done(self) -> bool:
        return self.stop is not None and self.position >= self.stop

    def wait(self) -> None:
        """Ask again later: after 250 ms first, and after 2 s at the latest."""
        self.pause_s = min(max(self.pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self.ready_at = time.monotonic() + self.pause_s


class ProxyReader:
    """Reads spans; see `workbench.bus.protocols.Reader`. Headers and times of the records are null, not invented."""

    def __init__(self, proxy: HttpProxy, spans: Sequence[Span]) -> None:
        self._proxy = proxy
        self._places = [_Place(span.topic, span.partition, span.start, span.stop) for span in spans]
        self._room = asyncio.Semaphore(_AT_ONCE)

    @property
    def done(self) -> bool:
        """Whether every bounded span reached its stop and none follows."""
        return all(place.done for place in self._places)

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """Next offset to read of each partition."""
        return {TopicPartition(place.topic, place.partition): place.position for place in self._places}

    @property
    def unanswered_s(self) -> float:
        """Seconds since the proxy owes an answer; 0 while it answers."""
        since = [place.failing_since for place in self._places if place.failing_since]
        return time.monotonic() - min(since) if since else 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Do nothing: nothing is fetched ahead."""

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        """Return what is ready, waiting up to ``max_wait_ms`` for the first chunk.

        Raises:
            UnknownTopicError: A topic or partition is not there, or no longer.
            HttpProxyError: A position is outside its log, or the proxy refuses.
            BrokerUnavailableError: The proxy did not answer for 30 s.
        """
        del max_bytes  # a chunk is what one request brings, which is bounded by itself
        until = time.monotonic() + max_wait_ms / 1000
        while True:
            now = time.monotonic()
            due = [place for place in self._places if not place.done and place.ready_at <= now]
            chunks = [chunk for chunk in await asyncio.gather(*map(self._ask, due)) if chunk is not None]
            left = until - time.monotonic()
            if chunks or left <= 0 or self.done:
                return chunks
            next_at = min(place.ready_at for place in self._places if not place.done)
            await asyncio.sleep(max(min(next_at - time.monotonic(), left), 0))

    async def _ask(self, place: _Place) -> Chunk | None:
        began = time.monotonic()
        try:
            async with self._room:
                chunk = await self._next(place)
        except HttpProxyError as error:
            if error.error_code == UNKNOWN:
                raise UnknownTopicError(f"{_name(place)} does not exist. {error.message}", topic=place.topic) from error
            if error.error_code == OUTSIDE:
                raise HttpProxyError(
                    f"Offset {place.position} of {_name(place)} is not in the log: it was deleted meanwhile, or lies "
                    "beyond the end. The HTTP proxy tells no bounds; give start=OFFSET, an offset that is inside.",
                    status=error.status,
                    error_code=error.error_code,
                ) from error
            if not is_away(error):
                raise
            self._failed(place, began, error)
            return None
        place.failing_since = 0.0
        if chunk is None:
            place.wait()
        else:
            place.pause_s = place.ready_at = 0.0
            place.position, place.max_bytes = chunk.next, FETCH_BYTES
        return chunk

    def _failed(self, place: _Place, began: float, error: HttpProxyError) -> None:
        place.failing_since = place.failing_since or began
        if time.monotonic() - place.failing_since > GIVE_UP_S:
            raise BrokerUnavailableError(error.message, addresses=[self._proxy.settings.name]) from error
        place.wait()

    async def _next(self, place: _Place) -> Chunk | None:
        """Read on; raise the limit where a record is larger. None where there is nothing, or nothing that can be read.

        An empty answer is the end only if the offset behind it is outside the log.
        """
        while not (chunk := await self._fetch(place, place.position)):
            if not await is_inside(self._proxy, place.topic, place.partition, place.position + 1):
                place.max_bytes = FETCH_BYTES
                return None
            if place.max_bytes >= MAX_FETCH_BYTES:
                return await self._passed(place)
            place.max_bytes = min(place.max_bytes * 2, MAX_FETCH_BYTES)
        return chunk

    async def _passed(self, place: _Place) -> Chunk | None:
        """Report an offset that cannot be read with the largest limit, where a record follows it.

        Otherwise it may be the mark of a transaction at the end of the log, which is no loss: the position stays.
        """
        place.max_bytes = FETCH_BYTES
        behind = await self._fetch(place, place.position + 1)
        place.max_bytes = MAX_FETCH_BYTES
        if behind is None:
            return None
        reason = f"oversized: a record of more than {size_text(MAX_FETCH_BYTES)}, which the HTTP proxy does not give"
        empty = pa.RecordBatch.from_pylist([], schema=UNTIMED_RECORD)
        at = place.position
        return Chunk(place.topic, place.partition, empty, at, at + 1, at + 1, gaps=(Gap(reason, at, at + 1),))

    async def _fetch(self, place: _Place, start: int) -> Chunk | None:
        answer = await self._proxy.fetch_answer(
            place.topic, place.partition, start, max_bytes=place.max_bytes, timeout_ms=0
        )
        offsets, keys, values = await asyncio.to_thread(columns, answer, place.topic, place.partition, start)
        if not offsets:
            return None
        end = offsets[-1] + 1
        if place.stop is not None and end > place.stop:
            kept = sum(offset < place.stop for offset in offsets)
            offsets, keys, values = offsets[:kept], keys[:kept], values[:kept]
            end = place.stop
        return Chunk(place.topic, place.partition, _batch(place.partition, offsets, keys, values), start, end, end)


def _batch(partition: int, offsets: list[int], keys: list[Any], values: list[Any]) -> pa.RecordBatch:
    given = {
        "partition": pa.repeat(pa.scalar(partition, pa.int32()), len(offsets)),
        "offset": pa.array(offsets, pa.int64()),
        "key": pa.array(keys, pa.binary()),
        "value": pa.array(values, pa.binary()),
    }
    arrays = [given.get(field.name, pa.nulls(len(offsets), field.type)) for field in UNTIMED_RECORD]
    return pa.RecordBatch.from_arrays(arrays, schema=UNTIMED_RECORD)


def _name(place: _Place) -> str:
    return partition_text(place.topic, place.partition)
