"""Sends fetch requests to the leaders and cuts the answers into runs of batches; retries until a deadline."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

from aiokafka import errors as kafka_errors

from workbench.bus.kafka.connection.translate import is_authentication
from workbench.bus.kafka.fetching.batches import scan
from workbench.bus.kafka.fetching.cursors import FetchedBatches
from workbench.bus.kafka.offsets import EARLIEST, LATEST, list_offsets
from workbench.bus.kafka.wire.codes import RETRIABLE, STALE_LEADER, Code, CodeError, check
from workbench.bus.kafka.wire.fetch import RawFetchRequest, Wanted, take_apart
from workbench.errors import OffsetOutOfRangeError, UnknownTopicError
from workbench.model.chunk import Gap
from workbench.model.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.kafka.connection.metadata import TopicMetadata
    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.fetching.batches import Batch
    from workbench.bus.kafka.fetching.cursors import Buffer, Cursor
    from workbench.bus.kafka.wire.fetch import RawAnswer, Section
    from workbench.model.chunk import Isolation

_ANSWER_BYTES = 8 << 20
_PARTITION_BYTES = 8 << 20
_PIECE_BYTES = 8 << 20
"""Columns that one run of batches becomes, about."""
_WAIT_MS = 500
_PAUSE_S = 0.1
_LARGEST_BATCH = 256 << 20
_NOT_ANSWERED = (kafka_errors.KafkaError, OSError, TimeoutError)
_numbers = itertools.count(1)


class Fetcher:
    """One fetch under way per leader, as long as there is credit."""

    def __init__(
        self,
        session: Session,
        cursors: Sequence[Cursor],
        buffer: Buffer,
        *,
        isolation: Isolation,
        prefetch_bytes: int,
    ) -> None:
        self.arrival = asyncio.Event()
        self.credit = asyncio.Event()
        self._session = session
        self._cursors = {cursor.partition: cursor for cursor in cursors}
        self._buffer = buffer
        self._isolation: Isolation = isolation
        self._prefetch_bytes = prefetch_bytes
        self._answer_bytes = min(_ANSWER_BYTES, max(1 << 16, prefetch_bytes))
        self._purpose = f"fetch-{next(_numbers)}"
        self._failure: BaseException | None = None
        self._looked_at = -_PAUSE_S
        for cursor in cursors:
            cursor.partition_max_bytes = min(_PARTITION_BYTES, self._answer_bytes)

    @property
    def failed(self) -> bool:
        """Whether fetching has ended with an error."""
        return self._failure is not None

    def raise_failure(self) -> None:
        """Raise what ended the fetching, translated."""
        if self._failure is not None:
            with self._session.translated("Reading"):
                raise self._failure

    async def run(self) -> None:
        """Fetch until every cursor is exhausted; an error is kept for the next read."""
        under_way: dict[int, asyncio.Task[None]] = {}
        try:
            while self._open_cursors():
                await self._wait_for_credit()
                await self._find_leaders()
                for node in {c.leader for c in self._open_cursors() if c.leader is not None} - under_way.keys():
                    under_way[node] = asyncio.create_task(self._fetch(node), name=f"kafka-fetch-{node}")
                lost = any(cursor.leader is None for cursor in self._open_cursors())
                if under_way:
                    await asyncio.wait(
                        under_way.values(),
                        timeout=_PAUSE_S if lost else None,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                elif lost:
                    await asyncio.sleep(_PAUSE_S)
                for node in [node for node, task in under_way.items() if task.done()]:
                    under_way.pop(node).result()
        except Exception as error:  # noqa: BLE001 - handed to the reader, which raises it
            self._failure = error
            self.arrival.set()
        finally:
            for task in under_way.values():
                task.cancel()
            if under_way:
                await asyncio.wait(under_way.values())

    async def aclose(self) -> None:
        """Close the sockets of this reader."""
        await self._session.connections.drop(self._purpose)

    def _open_cursors(self) -> list[Cursor]:
        return [cursor for cursor in self._cursors.values() if not cursor.exhausted]

    async def _wait_for_credit(self) -> None:
        while self._buffer.size >= self._prefetch_bytes:
            self.credit.clear()
            await self.credit.wait()

    async def _find_leaders(self) -> None:
        """Look up leaders that are not known, once in a while; those that are known need not wait for it."""
        missing = [cursor for cursor in self._open_cursors() if cursor.leader is None]
        if not missing or time.monotonic() - self._looked_at < _PAUSE_S:
            return
        self._looked_at = time.monotonic()
        try:
            metadata = await self._session.connections.metadata(sorted({c.partition.topic for c in missing}))
        except _NOT_ANSWERED as error:
            for cursor in missing:
                self._bear(cursor, error)
            return
        for cursor in missing:
            topic = metadata.topics.get(cursor.partition.topic)
            known = topic.partitions.get(cursor.partition.partition) if topic is not None else None
            if topic is None or known is None:
                self._bear(cursor, CodeError(Code.UNKNOWN_TOPIC_OR_PARTITION, str(cursor.partition)))
                continue
            _check_identity(cursor, topic)
            cursor.leader = known.leader
            if known.leader is None:
                self._bear(cursor, CodeError(Code.LEADER_NOT_AVAILABLE, str(cursor.partition)))

    def _bear(self, cursor: Cursor, error: Exception) -> None:
        """Put up with an error that may pass; raise it once the partition has been in trouble for too long."""
        now = time.monotonic()
        if cursor.troubled_since is None:
            cursor.troubled_since = now
        if is_authentication(error) or now - cursor.troubled_since > self._session.timeout_s:
            raise error

    async def _fetch(self, node: int) -> None:
        cursors = [cursor for cursor in self._open_cursors() if cursor.leader == node]
        request = RawFetchRequest(
            [Wanted(c.partition.topic, c.partition.partition, c.fetch_offset) for c in cursors],
            self._isolation,
            max_wait_ms=_WAIT_MS,
            max_bytes=self._answer_bytes,
            partition_max_bytes=max(cursor.partition_max_bytes for cursor in cursors),
        )
        try:
            answer = await self._session.connections.send(node, request, self._purpose)
            asked = {cursor.partition: (cursor.fetch_offset, cursor.stop) for cursor in cursors}
            error_code, found = await asyncio.to_thread(_read_answer, answer, asked, self._isolation)
        except _NOT_ANSWERED as error:
            for cursor in cursors:
                cursor.leader = None
                self._bear(cursor, error)
            return
        check(error_code, f"broker {node}")
        for section, batches in found:
            await self._accept(section, batches, answer.data)
        if any(cursor.troubled_since is not None for cursor in cursors):
            await asyncio.sleep(_PAUSE_S)

    async def _accept(self, section: Section, batches: list[Batch], data: memoryview) -> None:
        """Turn one section into runs of batches, or note why the partition must be asked again."""
        cursor = self._cursors[TopicPartition(section.topic, section.partition)]
        if section.error_code in RETRIABLE or section.error_code == Code.CORRUPT_MESSAGE:
            if section.error_code in STALE_LEADER:
                cursor.leader = None
            self._bear(cursor, CodeError(section.error_code, str(cursor.partition)))
            return
        cursor.troubled_since = None
        if section.error_code == Code.OFFSET_OUT_OF_RANGE:
            await self._out_of_range(cursor)
            return
        check(section.error_code, str(cursor.partition))
        end = section.last_stable_offset if self._isolation == "read_committed" else section.high_watermark
        if batches:
            self._put(_cut(cursor, batches, data, end))
            self._cursors[cursor.partition] = self._cursors.pop(cursor.partition)
        elif section.stop > section.start:
            self._ask_for_more(cursor)

    def _ask_for_more(self, cursor: Cursor) -> None:
        """What came holds no complete batch: an old broker cuts the first one off where the limit is."""
        if cursor.partition_max_bytes >= _LARGEST_BATCH:
            raise CodeError(Code.CORRUPT_MESSAGE, f"{cursor.partition} at {cursor.fetch_offset}")
        cursor.partition_max_bytes *= 2

    def _put(self, found: Sequence[FetchedBatches]) -> None:
        self._buffer.put(found)
        self.arrival.set()

    async def _out_of_range(self, cursor: Cursor) -> None:
        """Account for offsets that are gone below the log start, or lie beyond the end of a shrunken log."""
        offset, stop = cursor.fetch_offset, cursor.stop
        partition = cursor.partition
        begin = (await list_offsets(self._session, [partition], EARLIEST))[partition]
        end = (await list_offsets(self._session, [partition], LATEST))[partition]
        if begin <= offset <= end:
            return
        if offset < begin:
            after = begin if stop is None else min(begin, stop)
            gap = Gap("expired", offset, after)
        elif stop is not None:
            after, gap = stop, Gap("truncated", offset, stop)
        else:
            raise OffsetOutOfRangeError(
                f"{partition} cannot be followed from {offset}: the log holds {begin} to {end}. "
                "It was truncated or created anew; start again from its end.",
                topic=partition.topic,
                partition=partition.partition,
                offset=offset,
                low=begin,
                high=end,
            )
        cursor.fetched_to(after)
        piece = FetchedBatches(cursor, memoryview(b""), (), offset, stop, after, end, 0, (gap,), cursor.exhausted)
        self._put([piece])


def _check_identity(cursor: Cursor, topic: TopicMetadata) -> None:
    """Offsets of a topic mean nothing in another one of the same name."""
    if cursor.topic_id is None:
        cursor.topic_id = topic.topic_id
    elif topic.topic_id is not None and topic.topic_id != cursor.topic_id:
        raise UnknownTopicError(
            f"Topic {topic.name} was deleted and created anew while it was read; read it from its start.",
            topic=topic.name,
        )


def _read_answer(
    answer: RawAnswer,
    asked: dict[TopicPartition, tuple[int, int | None]],
    isolation: Isolation,
) -> tuple[int, list[tuple[Section, list[Batch]]]]:
    error_code, sections = take_apart(answer)
    found = []
    for section in sections:
        offset, _ = asked[TopicPartition(section.topic, section.partition)]
        batches = scan(answer.data, section.start, section.stop, aborted=section.aborted, isolation=isolation)
        found.append((section, [batch for batch in batches if batch.last_offset >= offset]))
    return error_code, found


def _cut(cursor: Cursor, batches: list[Batch], data: memoryview, end: int) -> list[FetchedBatches]:
    """Cut batches into runs of a size worth one step of decoding, moving the cursor along."""
    found = []
    enough = _PIECE_BYTES / max(1.0, cursor.expansion)
    first = 0
    while first < len(batches) and not cursor.exhausted:
        last, size = first, 0
        while last < len(batches) and (last == first or size < enough):
            size += batches[last].stop - batches[last].at
            last += 1
        start, stop = cursor.fetch_offset, cursor.stop
        after = batches[last - 1].last_offset + 1
        after = after if stop is None else min(after, stop)
        cursor.fetched_to(after)
        found.append(
            FetchedBatches(cursor, data, batches[first:last], start, stop, after, end, size, (), cursor.exhausted)
        )
        first = last
        if stop is not None and after >= stop:
            break
    return found
