"""Builds the columns of a batch and sends them at the planned rates."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from workbench.model.records.written import WrittenColumns
from workbench.replay.plan.pace import Pace, original_pace
from workbench.replay.target.fetching import now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.bus.protocols import Writer
    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.control import RunControl


class Sender:
    """Sends the batches of a run; the rates count from one batch to the next."""

    def __init__(self, plan: Plan, control: RunControl, seqs: Longs) -> None:
        self._plan = plan
        self._stop = control.stop
        self._control = control
        self._pace = Pace(plan.options.records_per_s, plan.options.bytes_per_s)
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

    async def send(self, writer: Writer, seqs: Longs) -> WrittenColumns:
        """Send records in seq order at the planned rates; fewer outcomes than seqs mean that it was stopped."""
        parts: list[WrittenColumns] = []
        for group in self._groups(seqs):
            at = 0
            while at < len(group):
                if self._stop.is_set():
                    return WrittenColumns.joined(parts)
                due = await self._due(group[at:])
                if due:
                    chosen = group[at : at + due]
                    columns = await asyncio.to_thread(self._plan.records.target_columns, chosen, now_ms())
                    topic = self._plan.records.target_topic(int(chosen[0]))
                    parts.append(await writer.send_columns(topic, columns))
                    at += due
        return WrittenColumns.joined(parts)

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
