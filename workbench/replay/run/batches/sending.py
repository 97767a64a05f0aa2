"""Builds the columns of a batch and sends them at the planned rates."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.model.records.written import WrittenColumns
from workbench.replay.plan.batches import bounded
from workbench.replay.plan.pace import Pace, original_pace
from workbench.replay.target.fetching import now_ms

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    import pyarrow as pa

    from workbench.bus.protocols import Writer
    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.control import RunControl


PART_RECORDS, PART_BYTES = 5_000, 8 << 20
"""Records, and bytes of them, whose columns are made and held at once."""
_FRESH_S = 1.0
"""Seconds for which columns that were made ahead are sent: the time of sending stands in them."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The columns of some records that are made before their turn."""

    seqs: Longs
    begun: float
    made: asyncio.Task[pa.RecordBatch]


class Sender:
    """Sends the batches of a run; the rates count from one batch to the next."""

    def __init__(self, plan: Plan, control: RunControl, seqs: Longs) -> None:
        self._plan = plan
        self._stop = control.stop
        self._control = control
        self._pace = Pace(plan.options.records_per_s, plan.options.bytes_per_s, plan.options.ramp_s)
        self._ahead: _Ahead | None = None
        self._reserved: dict[int, float] = {}
        self._seqs = seqs
        self._due_s = None
        if plan.options.speed is not None:
            times = plan.records.numbers("timestamp_ms")[seqs]
            self._due_s = original_pace(times, plan.options.speed, plan.options.max_gap_ms) / 1000
        self._started: float | None = None

    @property
    def unlimited(self) -> bool:
        """Whether no record ever waits."""
        return self._pace.unlimited and self._due_s is None

    def behind_s(self, seq: int) -> float:
        """Return by how many seconds the run is behind the original pace, at a record that was just sent."""
        if self._due_s is None or self._started is None:
            return 0.0
        return max(0.0, asyncio.get_running_loop().time() - self._original(seq, 0.0))

    async def send(self, writer: Writer, seqs: Longs, following: Longs | None = None) -> WrittenColumns:
        """Send records in seq order at the planned rates; fewer outcomes than seqs mean that it was stopped.

        Args:
            writer: Where to.
            seqs: The records.
            following: Those of the next batch: where no rate holds them, their columns are made meanwhile.
        """
        if self.unlimited:
            return await self._send_at_once(writer, seqs, following)
        parts: list[WrittenColumns] = []
        for group in self._groups(seqs):
            at = 0
            while at < len(group):
                if self._stop.is_set():
                    return WrittenColumns.joined(parts)
                due = await self._due(group[at:])
                if due:
                    chosen = group[at : at + due]
                    topic = self._plan.records.target_topic(int(chosen[0]))
                    async with contextlib.aclosing(self._parts(chosen, None)) as columns:
                        parts.append(await writer.send_columns(topic, columns))
                    if parts[-1].acked < due:
                        # What follows would only say that the transaction has failed, and hide why.
                        return WrittenColumns.joined(parts)
                    at += due
        return WrittenColumns.joined(parts)

    async def _send_at_once(self, writer: Writer, seqs: Longs, following: Longs | None) -> WrittenColumns:
        groups = list(self._groups(seqs))
        behind = [*groups[1:], following]
        written: list[WrittenColumns] = []
        for group, after in zip(groups, behind, strict=True):
            topic = self._plan.records.target_topic(int(group[0]))
            async with contextlib.aclosing(self._parts(group, after)) as parts:
                written.append(await writer.send_columns(topic, parts))
            if written[-1].acked < len(group):
                break
        return WrittenColumns.joined(written)

    async def _parts(self, seqs: Longs, following: Longs | None) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yield the columns of records in parts; those that come next are made in a thread meanwhile."""
        parts = list(self._divided(seqs))
        behind = [*parts[1:], None if following is None else next(self._divided(following))]
        for part, after in zip(parts, behind, strict=True):
            if self._stop.is_set():
                return
            columns = await self._prepared(part)
            if columns is None:
                columns = await asyncio.to_thread(self._plan.records.target_columns, part, now_ms())
            if after is not None:
                made = asyncio.to_thread(self._plan.records.target_columns, next(self._groups(after)), now_ms())
                begun = asyncio.get_running_loop().time()
                self._ahead = _Ahead(after, begun, asyncio.create_task(made, name="replay-columns"))
            yield columns

    def _divided(self, seqs: Longs) -> Iterator[Longs]:
        ends = np.cumsum(self._plan.records.sizes[seqs])
        start = 0
        while start < len(seqs):
            stop = bounded(ends, start, PART_RECORDS, PART_BYTES)
            yield seqs[start:stop]
            start = stop

    async def _prepared(self, seqs: Longs) -> pa.RecordBatch | None:
        """Return the columns that were made ahead, unless they waited so long that their time of sending is wrong."""
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return None
        made = await ahead.made
        age_s = asyncio.get_running_loop().time() - ahead.begun
        return made if age_s < _FRESH_S and np.array_equal(ahead.seqs, seqs) else None

    async def aclose(self) -> None:
        """Wait for columns that nobody needs any more."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            await asyncio.wait([ahead.made])

    def _groups(self, seqs: Longs) -> Iterator[Longs]:
        """Split seqs for sending: by target topic, and with order ``global`` one lane at a time."""
        records = self._plan.records
        keys = records.lanes[seqs] if self._plan.options.order == "global" else records.target_numbers[seqs]
        yield from np.split(seqs, np.flatnonzero(keys[1:] != keys[:-1]) + 1)

    async def _due(self, seqs: Longs) -> int:
        """Return how many of these may be sent now; waits for the first one, or until the run is stopped."""
        if self.unlimited:
            return len(seqs)
        clock = asyncio.get_running_loop().time
        wait = self._send_at(int(seqs[0]), clock()) - clock()
        if wait > 0:
            try:
                await asyncio.wait_for(self._stop.wait(), wait)
            except TimeoutError:
                pass
            else:
                return 0
        now, count = clock(), 0
        while count < len(seqs) and self._send_at(int(seqs[count]), now) <= now:
            self._reserved.pop(int(seqs[count]))
            count += 1
        return count

    def _send_at(self, seq: int, now: float) -> float:
        """Return the time of a record. It is reserved once: asking again must not spend the rate twice."""
        if seq not in self._reserved:
            due = self._original(seq, now)
            self._reserved[seq] = self._pace.take(int(self._plan.records.sizes[seq]), max(now, due))
        return self._reserved[seq]

    def _original(self, seq: int, now: float) -> float:
        """Return when a record is due at the original pace; the time that the run waited does not count."""
        if self._due_s is None:
            return now
        if self._started is None:
            self._started = now - self._control.waited_s
        row = int(np.searchsorted(self._seqs, seq))
        return self._started + self._control.waited_s + float(self._due_s[row])
