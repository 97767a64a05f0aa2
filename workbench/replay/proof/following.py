"""Reads the target back while a run writes it, and compares each record as soon as it was acknowledged.

Batches that hold nothing but records of the run are compared with the plan byte for byte, where they lie. Of others the
records are taken apart, and their digests compared.

It can only confirm. As soon as anything is not as it should be, or cannot be told yet, it gives up, and the target is
read from the start when the run has ended: `workbench.replay.proof.delivery_checks` then says what is wrong.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.stored import Marks, WantedRecords, read_stored
from workbench.errors import WorkbenchError
from workbench.model import Span, TimestampType, TopicPartition
from workbench.replay.proof.stable_ends import stable_ends
from workbench.replay.records.digest import body_digests
from workbench.replay.records.marks import marked_as
from workbench.replay.records.past_replays import ID
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_headers import SEQ
from workbench.replay.records.replay_records import NOW
from workbench.replay.replay_mark import X_REPLAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.bus.stored import StoredRecords
    from workbench.model.records.written import WrittenColumns
    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs

    Acked: TypeAlias = tuple[Longs, ...]
    """Seq, offset and timestamp of records that were acknowledged."""

_READ_BYTES = 4 << 20
_STALLED_S = 30.0
"""The check gives up when no record came for this long while some are missing."""
_NONE: Acked = (np.empty(0, np.int64),) * 3


class _Unexpected(Exception):  # noqa: N818 - no error: the full check says what it means
    """What was read is not what was expected."""


@dataclass
class _Lane:
    """What is expected on one target partition, and what was read of it."""

    compared: int
    """Every offset below it was compared."""
    until: int
    """Every offset below it can be compared: what the run wrote there was acknowledged."""
    acked: Acked = _NONE
    """Records that were acknowledged and not compared yet."""
    last_seq: int = -1
    read: deque[StoredRecords] = field(default_factory=deque)
    """Read, and not compared to their end."""

    def expect(self, more: Acked) -> None:
        """Expect records that were acknowledged."""
        seqs, offsets, _ = more
        if int(seqs[0]) <= self.last_seq or int(offsets[0]) < self.until or (np.diff(offsets) <= 0).any():
            raise _Unexpected
        self.acked = tuple(np.concatenate(pair) for pair in zip(self.acked, more, strict=True))
        self.last_seq, self.until = int(seqs[-1]), int(offsets[-1]) + 1

    def next_part(self) -> tuple[StoredRecords, Acked]:
        """Take what can be compared now of the first records that were read, with what is expected there."""
        part = self.read.popleft()
        if part.next > self.until:
            part, rest = part.split(self.until)
            self.read.appendleft(rest)
        expected, self.acked = _parted(self.acked, part.next)
        self.compared = part.next
        return part, expected


def _parted(acked: Acked, offset: int) -> tuple[Acked, Acked]:
    """Return the records below an offset, and the others."""
    count = int(np.searchsorted(acked[1], offset))
    return tuple(column[:count] for column in acked), tuple(column[count:] for column in acked)


class FollowingCheck:
    """Compares the records of a run with its plan and with what was acknowledged, while they are written.

    Args:
        log: The target cluster.
        plan: The plan that is run, from its beginning.
    """

    def __init__(self, log: RecordLog, plan: Plan) -> None:
        self.records = 0
        """Records of the run that were found as they should be."""
        self.others = 0
        """Records of others between them."""
        self._log = log
        self._plan = plan
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._news = asyncio.Event()
        self._is_last = False
        """No more records are acknowledged: the check ends when all is compared."""
        self._given_up = True
        """It confirms nothing; so it is until it starts, and for good when something was not as expected."""
        self._task: asyncio.Task[None] | None = None

    def start(self, positions: pa.Table) -> None:
        """Begin to read where the target partitions end before the run, columns of `POSITIONS`."""
        for row in positions.to_pylist():
            start = row["start_offset"]
            self._lanes[TopicPartition(row["target_topic"], row["target_partition"])] = _Lane(start, start)
        self._given_up = False
        self._task = asyncio.create_task(self._follow(), name="replay-check")

    def settled(self, seqs: Longs, written: WrittenColumns, *, committed: bool) -> None:
        """Expect the records of a batch that has ended."""
        if not committed or len(written) < len(seqs) or written.acked < len(seqs) or (written.offsets < 0).any():
            self._given_up = True
        if not self._given_up:
            records = self._plan.records
            numbers = records.lanes[seqs]
            for number in np.unique(numbers).tolist():
                rows = np.flatnonzero(numbers == number)
                at = records.target_partition(int(seqs[rows[0]]))
                try:
                    self._lanes[at].expect((seqs[rows], written.offsets[rows], written.timestamps[rows]))
                except _Unexpected:
                    self._given_up = True
        self._news.set()

    async def confirms(self) -> bool:
        """Read on to the present end, and tell whether every record of the plan is there as it should be, once.

        Raises:
            WorkbenchError: The end stays below what was acknowledged.
        """
        if self._given_up or self._task is None:
            return False
        least = {at: lane.until for at, lane in self._lanes.items()}
        for at, end in (await stable_ends(self._log, least, least)).items():
            self._lanes[at].until = max(self._lanes[at].until, end)
        self._is_last = True
        self._news.set()
        # The task itself is not awaited: a caller that is cancelled would cancel it again while it closes its reader.
        await asyncio.wait([self._task])
        self._task.result()
        return not self._given_up and self.records == len(self._plan.sent)

    async def aclose(self) -> None:
        """Stop reading; harmless when repeated."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _follow(self) -> None:
        spans = [Span(at.topic, at.partition, lane.compared, None) for at, lane in sorted(self._lanes.items())]
        try:
            async with self._log.reader(spans, prefetch_bytes=_READ_BYTES) as reader:
                while not self._given_up and not (self._is_last and not any(self._behind())):
                    await self._news.wait()
                    self._news.clear()
                    await self._catch_up(reader)
        except (WorkbenchError, _Unexpected):
            self._given_up = True

    def _behind(self) -> Iterable[_Lane]:
        return (lane for lane in self._lanes.values() if lane.compared < lane.until)

    async def _catch_up(self, reader: Reader) -> None:
        """Compare everything that can be compared now."""
        clock = asyncio.get_running_loop().time
        heard = clock()
        while not self._given_up and any(self._behind()):
            for at, lane in self._lanes.items():
                while lane.read and lane.compared < lane.until:
                    part, expected = lane.next_part()
                    self.others += await asyncio.to_thread(self._others, at, part, expected)
                    self.records += len(expected[0])
                    heard = clock()
            if not any(self._behind()):
                return
            for part in await read_stored(reader, _READ_BYTES):
                self._lanes[TopicPartition(part.topic, part.partition)].read.append(part)
            if clock() - heard > _STALLED_S:
                raise _Unexpected

    def _others(self, at: TopicPartition, part: StoredRecords, expected: Acked) -> int:
        """Compare what was read of a target partition with what is expected; returns how many others are among it.

        Raises:
            _Unexpected: They differ.
        """
        if part.are(self._wanted(at, expected)):
            return 0
        others = 0
        for chunk in part.chunks():
            if chunk.gaps:
                raise _Unexpected
            own, expected = _parted(expected, chunk.next)
            others += self._others_of(at, chunk.records, own)
        if len(expected[0]):
            raise _Unexpected
        return others

    def _wanted(self, at: TopicPartition, expected: Acked) -> WantedRecords:
        seqs, offsets, stated = expected
        plan = self._plan.records
        times = None
        if at.topic not in plan.append_time_topics:
            planned = plan.planned_timestamps[seqs]
            times = np.where(planned == NOW, stated, planned)
        marks = None if plan.record_headers is None else Marks(X_REPLAY, (ID, self._run_id), SEQ)
        return WantedRecords(offsets, times, plan.chosen(seqs), seqs, marks)

    def _others_of(self, at: TopicPartition, records: pa.RecordBatch, expected: Acked) -> int:
        seqs, wanted, stated = expected
        offsets = records.column("offset").to_numpy()
        others = 0
        if not np.array_equal(offsets, wanted):
            own = np.isin(offsets, wanted)
            others = len(own) - int(own.sum())
            if len(own) - others != len(wanted):
                raise _Unexpected
            self._are_foreign(records.filter(pa.array(~own)))
            records = records.filter(pa.array(own))
        plan = self._plan.records
        if at.topic in plan.append_time_topics:
            timely = (records.column("timestamp_type").to_numpy() == TimestampType.APPEND).all()
        else:
            planned = plan.planned_timestamps[seqs]
            times = np.where(planned == NOW, stated, planned)
            timely = np.array_equal(records.column("timestamp_ms").to_numpy(), times)
        marked = plan.record_headers is None or marked_as(records.column("headers"), seqs, self._run_id)
        if not timely or not marked or not np.array_equal(body_digests(records), plan.digests[seqs]):
            raise _Unexpected
        return others

    def _are_foreign(self, records: pa.RecordBatch) -> None:
        """Make sure that records are not of this run: with its mark, or, where it sets none, with the same content."""
        if self._plan.records.record_headers is None:
            raise _Unexpected
        _, ids = RawRows(records).named_columns(ID)
        if pc.any(pc.equal(ids, self._run_id)).as_py():
            raise _Unexpected

    @property
    def _run_id(self) -> bytes:
        return self._plan.run_id.encode()
