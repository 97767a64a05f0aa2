"""Sends fetch requests to the partition leaders and puts the answers into the buffer; retries until a deadline."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

from workbench.bus.kafka.connection.translate import NOT_ANSWERED, is_authentication
from workbench.bus.kafka.fetching.batch_headers import LARGEST_BATCH, damaged_head, scan
from workbench.bus.kafka.fetching.cursors import FetchedBatches
from workbench.bus.kafka.fetching.identity import check_identity, check_still_there
from workbench.bus.kafka.offsets import EARLIEST, LATEST, list_offsets
from workbench.bus.kafka.wire.codes import RETRIABLE, STALE_LEADER, Code, CodeError, check
from workbench.bus.kafka.wire.fetch import FetchPosition, RawFetchRequest, UnreadableAnswerError, parse_answer
from workbench.bus.refusals import cannot_follow
from workbench.model.records.chunk import Gap
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.bus.kafka.connection.session import Session
    from workbench.bus.kafka.fetching.batch_headers import Batch
    from workbench.bus.kafka.fetching.cursors import Buffer, Cursor
    from workbench.bus.kafka.wire.fetch import PartitionAnswer, RawAnswer
    from workbench.model.records.chunk import Isolation

_ANSWER_BYTES = 8 << 20
_PARTITION_BYTES = 8 << 20
_RUN_BYTES = 4 << 20
"""Bytes of Arrow columns that one run of batches is decoded into, about: memory of half the size is used again sooner,
and new memory costs more than the calls."""
_WAIT_MS = 500
_PAUSE_S = 0.1
_IDENTITY_S = 5.0
"""Seconds between two looks at the topic ids where the broker does not compare them itself."""
_UNREADABLE = 3
"""Answers in a row that cannot be read, after which the bytes at this offset are passed as a gap."""
_numbers = itertools.count(1)


class Fetcher:
    """Keeps one fetch request under way per leader while the buffer has room.

    Attributes:
        arrival: Set when batches arrive or fetching fails; the reader waits for it.
        room: Set when the reader took batches out of the buffer; the fetcher waits for it.
    """

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
        self.room = asyncio.Event()
        self._session = session
        self._cursors = {cursor.partition: cursor for cursor in cursors}
        self._buffer = buffer
        self._isolation: Isolation = isolation
        self._prefetch_bytes = prefetch_bytes
        self._answer_bytes = min(_ANSWER_BYTES, max(1 << 16, prefetch_bytes))
        self._purpose = f"fetch-{next(_numbers)}"
        self._failure: BaseException | None = None
        self._leaders_asked_at = -_PAUSE_S
        self._by_name = False
        self._identities_at = time.monotonic()
        for cursor in cursors:
            cursor.partition_max_bytes = min(_PARTITION_BYTES, self._answer_bytes)

    @property
    def failed(self) -> bool:
        """Whether fetching has ended with an error."""
        return self._failure is not None

    @property
    def unanswered_s(self) -> float:
        """Seconds since the oldest question about a partition that has no answer yet; 0 while there is none."""
        asked = [cursor.asked_at for cursor in self._open_cursors() if cursor.asked_at is not None]
        return time.monotonic() - min(asked) if asked else 0.0

    def raise_failure(self) -> None:
        """Raise the error that ended fetching, translated."""
        if self._failure is not None:
            with self._session.translated("Reading"):
                raise self._failure

    async def run(self) -> None:
        """Fetch until every cursor is exhausted; an error is kept for the reader, which raises it."""
        under_way: dict[int, asyncio.Task[None]] = {}
        try:
            while self._open_cursors():
                await self._wait_for_room()
                await self._find_leaders()
                await self._look_at_identities()
                # One request per leader: a broker answers a socket in order, so a second request would only wait there.
                for node in {c.leader for c in self._open_cursors() if c.leader is not None} - under_way.keys():
                    under_way[node] = asyncio.create_task(self._fetch(node), name=f"kafka-fetch-{node}")
                # A partition without a leader must not wait until the slowest of the other requests is answered.
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
            # Waited for as well: a request that ends later would still write into the buffer of a closed reader.
            for task in under_way.values():
                task.cancel()
            if under_way:
                await asyncio.wait(under_way.values())

    async def aclose(self) -> None:
        """Close the sockets of this reader."""
        await self._session.connections.drop(self._purpose)

    def _open_cursors(self) -> list[Cursor]:
        return [cursor for cursor in self._cursors.values() if not cursor.exhausted]

    async def _wait_for_room(self) -> None:
        while self._buffer.size >= self._prefetch_bytes:
            self.room.clear()
            await self.room.wait()

    async def _find_leaders(self) -> None:
        """Ask for the leaders that are not known, at most every `_PAUSE_S`; other partitions are fetched meanwhile."""
        missing = [cursor for cursor in self._open_cursors() if cursor.leader is None]
        if not missing or time.monotonic() - self._leaders_asked_at < _PAUSE_S:
            return
        self._leaders_asked_at = time.monotonic()
        _note_asked(missing)
        try:
            metadata = await self._session.connections.metadata(sorted({c.partition.topic for c in missing}))
        except NOT_ANSWERED as error:
            for cursor in missing:
                self._retry_later(cursor, error)
            return
        for cursor in missing:
            topic = metadata.topics.get(cursor.partition.topic)
            known = topic.partitions.get(cursor.partition.partition) if topic is not None else None
            if topic is None or known is None:
                check_still_there(cursor)
                self._retry_later(cursor, CodeError(Code.UNKNOWN_TOPIC_OR_PARTITION, str(cursor.partition)))
                continue
            check_identity(cursor, topic)
            cursor.leader = known.leader
            if known.leader is None:
                self._retry_later(cursor, CodeError(Code.LEADER_NOT_AVAILABLE, str(cursor.partition)))

    def _retry_later(self, cursor: Cursor, error: Exception) -> None:
        """Count a transient error of a partition, to be retried after `_PAUSE_S`; raise it after the deadline."""
        now = time.monotonic()
        if cursor.failing_since is None:
            cursor.failing_since = now
        if is_authentication(error) or now - cursor.failing_since > self._session.timeout_s:
            raise error

    async def _look_at_identities(self) -> None:
        """Compare topic ids with the metadata where fetches are by name: such a broker serves any topic of the name."""
        now = time.monotonic()
        if not self._by_name or now - self._identities_at < _IDENTITY_S:
            return
        self._identities_at = now
        await self._confirm_identity(self._open_cursors())

    async def _confirm_identity(self, cursors: Sequence[Cursor]) -> None:
        """Raise where a topic is another one than when reading began."""
        if not cursors:
            return
        try:
            metadata = await self._session.connections.metadata(sorted({c.partition.topic for c in cursors}))
        except NOT_ANSWERED:
            return  # fetching meets the same fault, and counts the time
        for cursor in cursors:
            topic = metadata.topics.get(cursor.partition.topic)
            if topic is not None and topic.error_code == Code.NONE:
                check_identity(cursor, topic)

    def _asked(self, node: int) -> list[Cursor]:
        """Partitions of the next request; one whose answers cannot be read is asked for alone, to find it out."""
        cursors = [cursor for cursor in self._open_cursors() if cursor.leader == node]
        suspects = [cursor for cursor in cursors if cursor.unreadable]
        return suspects[:1] or cursors

    async def _fetch(self, node: int) -> None:
        cursors = self._asked(node)
        _note_asked(cursors)
        request = RawFetchRequest(
            [FetchPosition(c.partition.topic, c.partition.partition, c.fetch_offset, c.topic_id) for c in cursors],
            self._isolation,
            max_wait_ms=_WAIT_MS,
            max_bytes=self._answer_bytes,
            partition_max_bytes=max(cursor.partition_max_bytes for cursor in cursors),
        )
        try:
            answer = await self._session.connections.send(node, request, self._purpose)
            # In a thread: going through megabytes of batch headers would hold up everything else on this loop.
            asked = {cursor.partition: (cursor.fetch_offset, cursor.stop) for cursor in cursors}
            error_code, found = await asyncio.to_thread(_read_answer, answer, asked, self._isolation)
        except UnreadableAnswerError:
            await self._unreadable(cursors, node)
            return
        except NOT_ANSWERED as error:
            for cursor in cursors:
                cursor.leader = None
                self._retry_later(cursor, error)
            return
        check(error_code, f"broker {node}")
        self._by_name = not answer.by_id
        for one, batches in found:
            await self._accept(one, batches, answer)
        # A broker answers an error at once; without the pause this would ask in a busy loop.
        if any(cursor.failing_since is not None or cursor.unreadable for cursor in cursors):
            await asyncio.sleep(_PAUSE_S)

    async def _unreadable(self, cursors: Sequence[Cursor], node: int | None = None) -> None:
        """Count an answer that cannot be read; ask again on a new socket, and pass the offset if that does not help."""
        if node is not None:
            await self._session.connections.drop(self._purpose, node)
        for cursor in cursors:
            cursor.unreadable += 1
            # To the end of the next requests, so that the others of this broker get their turn.
            self._cursors[cursor.partition] = self._cursors.pop(cursor.partition)
        if len(cursors) == 1 and cursors[0].unreadable >= _UNREADABLE:
            await self._pass_unreadable(cursors[0])

    async def _pass_unreadable(self, cursor: Cursor) -> None:
        """Report a ``corrupt`` gap and go on behind it.

        Where the next batch begins stands in the bytes that cannot be read. So the step doubles until an answer can be
        read again.
        """
        end = (await list_offsets(self._session, [cursor.partition], LATEST))[cursor.partition]
        start, bound = cursor.fetch_offset, end if cursor.stop is None else min(end, cursor.stop)
        cursor.skip = max(1, 2 * cursor.skip)
        after = min(start + cursor.skip, bound)
        if after <= start:
            raise CodeError(Code.CORRUPT_MESSAGE, f"{cursor.partition} at {start}")
        self._report(cursor, Gap("corrupt", start, after), end)

    async def _accept(self, one: PartitionAnswer, batches: list[Batch], answer: RawAnswer) -> None:
        """Put the batches of one partition into the buffer, or retry later when the broker answered with an error."""
        cursor = self._cursors[TopicPartition(one.topic, one.partition)]
        if one.error_code in RETRIABLE or one.error_code == Code.CORRUPT_MESSAGE:
            if one.error_code in STALE_LEADER:
                cursor.leader = None
            self._retry_later(cursor, CodeError(one.error_code, str(cursor.partition)))
            return
        cursor.failing_since = cursor.asked_at = None
        if one.error_code == Code.OFFSET_OUT_OF_RANGE:
            await self._out_of_range(cursor)
            return
        check(one.error_code, str(cursor.partition))
        end = one.last_stable_offset if self._isolation == "read_committed" else one.high_watermark
        if batches:
            cursor.unreadable = cursor.skip = 0
            stop = cursor.stop
            if self._by_name and stop is not None and batches[-1].last_offset + 1 >= stop:
                # The last records of the span: nothing looks at the identity after them.
                await self._confirm_identity([cursor])
            self._put(_runs(cursor, batches, answer.data, end))
            # To the end of the next request: a broker fills an answer in the order of the request, so a busy partition
            # at its head would leave no bytes for the others.
            self._cursors[cursor.partition] = self._cursors.pop(cursor.partition)
        elif one.stop > one.start:
            await self._without_batch(cursor, damaged=damaged_head(answer.data, one.start, one.stop))
        else:
            cursor.unreadable = 0

    async def _without_batch(self, cursor: Cursor, *, damaged: bool) -> None:
        """Raise the limit after an answer without a complete batch, unless its header is damaged.

        Since KIP-74 the first batch comes whole even above the limit; an older broker cuts it off.
        """
        if damaged or cursor.partition_max_bytes >= LARGEST_BATCH:
            await self._unreadable([cursor])
        else:
            cursor.partition_max_bytes *= 2

    def _put(self, found: Sequence[FetchedBatches]) -> None:
        self._buffer.put(found)
        self.arrival.set()

    async def _out_of_range(self, cursor: Cursor) -> None:
        """Report offsets below the log start as an ``expired`` gap, those beyond the end as a ``truncated`` one."""
        offset, stop = cursor.fetch_offset, cursor.stop
        partition = cursor.partition
        # A topic that was created anew has other offsets: it must not pass for one whose records expired.
        await self._confirm_identity([cursor])
        begin = (await list_offsets(self._session, [partition], EARLIEST))[partition]
        end = (await list_offsets(self._session, [partition], LATEST))[partition]
        # The log moved between the answer and these look-ups: the offset is valid by now, and is fetched again.
        if begin <= offset <= end:
            return
        if offset < begin:
            after = begin if stop is None else min(begin, stop)
            gap = Gap("expired", offset, after)
        elif stop is not None:
            after, gap = stop, Gap("truncated", offset, stop)
        else:
            raise cannot_follow(partition, offset, begin, end)
        self._report(cursor, gap, end)

    def _report(self, cursor: Cursor, gap: Gap, end: int) -> None:
        """Move the cursor behind a gap, and put the gap into the buffer."""
        stop = cursor.stop
        cursor.fetched_to(gap.stop)
        self._put(
            [FetchedBatches(cursor, memoryview(b""), (), gap.start, stop, gap.stop, end, 0, (gap,), cursor.exhausted)]
        )


def _note_asked(cursors: Sequence[Cursor]) -> None:
    """Note the time of a question, where an earlier one is not answered yet."""
    now = time.monotonic()
    for cursor in cursors:
        if cursor.asked_at is None:
            cursor.asked_at = now


def _read_answer(
    answer: RawAnswer,
    asked: dict[TopicPartition, tuple[int, int | None]],
    isolation: Isolation,
) -> tuple[int, list[tuple[PartitionAnswer, list[Batch]]]]:
    error_code, answers = parse_answer(answer)
    found = []
    for one in answers:
        place = TopicPartition(one.topic, one.partition)
        if place not in asked:
            raise UnreadableAnswerError(f"the answer holds {place}, which was not asked for")
        offset, _ = asked[place]
        batches = scan(
            answer.data, one.start, one.stop, aborted=one.aborted, isolation=isolation, end=one.high_watermark
        )
        # An answer begins with a whole batch, wherever in it the offset lies; batches that end before it are dropped.
        found.append((one, [batch for batch in batches if batch.last_offset >= offset]))
    return error_code, found


def _runs(cursor: Cursor, batches: list[Batch], data: memoryview, end: int) -> list[FetchedBatches]:
    """Group batches into runs of about `_RUN_BYTES` decoded, and move the cursor behind them."""
    found = []
    enough = _RUN_BYTES / max(1.0, cursor.expansion)
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
