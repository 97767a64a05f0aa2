"""Builds the records of a batch and sends them at the planned rates."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.model import NewRecord
from workbench.replay.plan.pace import Pace
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.fetching import now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.bus.protocols import Writer
    from workbench.model import Outcome
    from workbench.replay.plan.plan import Plan


class Sender:
    """Sends the batches of a run; the rates count from one batch to the next."""

    def __init__(self, plan: Plan, stop: asyncio.Event) -> None:
        self._plan = plan
        self._stop = stop
        self._pace = Pace(plan.options.records_per_s, plan.options.bytes_per_s)
        self._reserved: dict[int, float] = {}

    async def send(self, writer: Writer, seqs: Sequence[int]) -> list[Outcome]:
        """Send records in seq order at the planned rates; fewer outcomes than seqs mean that it was stopped."""
        outcomes: list[Outcome] = []
        for group in self._lanes(seqs):
            at = 0
            while at < len(group):
                if self._stop.is_set():
                    return outcomes
                due = await self._due(group[at:])
                if due:
                    outcomes += await writer.send(await asyncio.to_thread(self._records, group[at : at + due]))
                    at += due
        return outcomes

    def _lanes(self, seqs: Sequence[int]) -> Iterator[Sequence[int]]:
        """Split seqs for sending: with order ``global`` one lane at a time, else all lanes at once."""
        if self._plan.options.order != "global":
            yield seqs
            return
        topics, partitions = self._plan.records.target_topics, self._plan.records.target_partitions
        for _, lane in groupby(seqs, key=lambda seq: (topics[seq], partitions[seq])):
            yield list(lane)

    async def _due(self, seqs: Sequence[int]) -> int:
        """Return how many of these may be sent now; waits for the first one, or until the run is stopped."""
        if self._pace.unlimited:
            return len(seqs)
        clock = asyncio.get_running_loop().time
        wait = self._send_at(seqs[0], clock()) - clock()
        if wait > 0:
            try:
                await asyncio.wait_for(self._stop.wait(), wait)
            except TimeoutError:
                pass
            else:
                return 0
        now, count = clock(), 0
        while count < len(seqs) and self._send_at(seqs[count], now) <= now:
            self._reserved.pop(seqs[count])
            count += 1
        return count

    def _send_at(self, seq: int, now: float) -> float:
        """Return the time of a record. It is reserved once: asking again must not spend the rate twice."""
        if seq not in self._reserved:
            self._reserved[seq] = self._pace.take(int(self._plan.records.sizes[seq]), now)
        return self._reserved[seq]

    def _records(self, seqs: Sequence[int]) -> list[NewRecord]:
        return [self._record(seq) for seq in seqs]

    def _record(self, seq: int) -> NewRecord:
        records, moment = self._plan.records, now_ms()
        planned = int(records.planned_timestamps[seq])
        return NewRecord(
            records.target_topics[seq],
            records.rows.keys[seq],
            records.rows.values[seq],
            records.target_headers(seq, moment),
            int(records.target_partitions[seq]),
            moment if planned == NOW else planned,
        )
