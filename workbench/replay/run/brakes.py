"""Brakes of a run: it waits while a consumer group of the target falls behind, or a topic of errors grows.

Every second the lag of the named groups and the ends of the named topics are compared with those of the start. A brake
for lag is released when the lag has fallen to half of its limit; a brake for errors, when a second brought no more of
them. The third brake for errors stops the run.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.model import TopicPartition
from workbench.text import counted, number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.replay.options import Options
    from workbench.replay.plan.plan import Plan
    from workbench.replay.run.control import RunControl

log = logging.getLogger(__name__)

EVERY_S = 1.0
MOST_ERROR_BRAKES = 3
_DEFAULT_LAG = 10_000
_RATE_S = 10
"""Seconds of the planned rate that a group may fall behind by default."""


def lag_limit(options: Options) -> int:
    """Return the records by which a watched group may fall behind."""
    if options.brake_lag is not None:
        return options.brake_lag
    return _DEFAULT_LAG if options.records_per_s is None else max(1, int(options.records_per_s * _RATE_S))


class Brakes:
    """Watches groups and topics of a plan, and holds its run.

    Args:
        target_log: The target cluster.
        plan: The plan.
        control: Holds the run.
    """

    def __init__(self, target_log: RecordLog, plan: Plan, control: RunControl) -> None:
        self._log = target_log
        self._plan = plan
        self._control = control
        self._options = plan.options
        self._first_lag: dict[str, int] = {}
        self._braked_for: set[str] = set()
        self._errors = self._errors_before = 0
        self._error_brakes = 0

    @property
    def wanted(self) -> bool:
        """Whether the plan names anything to watch."""
        return bool(self._options.brake_groups or self._options.brake_topics)

    async def start(self) -> None:
        """Note lag and ends before the first record is sent.

        Raises:
            UnknownTopicError: A topic to watch does not exist.
        """
        self._first_lag = {group: await self._lag(group) for group in self._options.brake_groups}
        self._errors = self._errors_before = await self._ends(self._options.brake_topics)

    async def watch(self) -> None:
        """Look every second until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except WorkbenchError as error:
                # Nobody knows how far the readers are: going on could overload them unseen.
                self._control.hold("unknown", f"what is watched cannot be read: {error.message}")
            else:
                self._control.release("unknown")

    async def look(self) -> None:
        """Compare with the start, and hold or release the run."""
        for group in self._options.brake_groups:
            await self._look_at_group(group)
        if self._options.brake_topics:
            await self._look_at_errors()

    async def _look_at_group(self, group: str) -> None:
        limit = lag_limit(self._options)
        behind = await self._lag(group) - self._first_lag[group]
        if behind > limit:
            self._braked_for.add(group)
            why = f"group {group} fell behind by {counted(behind, 'record')}, the limit is {number_text(limit)}"
            self._control.hold(f"group {group}", f"braked: {why}")
        elif group in self._braked_for and behind <= limit / 2:
            self._braked_for.discard(group)
            self._control.release(f"group {group}")

    async def _look_at_errors(self) -> None:
        now = await self._ends(self._options.brake_topics)
        gained, still = now - self._errors_before, now == self._errors
        self._errors = now
        if "errors" in self._braked_for:
            if still:
                # What is there is known now; the next limit counts from here.
                self._braked_for.discard("errors")
                self._errors_before = now
                self._control.release("errors")
        elif gained > self._options.brake_growth:
            self._braked_for.add("errors")
            self._error_brakes += 1
            topics = ", ".join(self._options.brake_topics)
            why = f"{topics} gained {counted(gained, 'record')}"
            self._control.hold("errors", f"braked: {why}")
            if self._error_brakes >= MOST_ERROR_BRAKES:
                self._control.stop_reason = f"stopped by its brake: {why}, for the third time"
                self._control.cancel()

    async def _lag(self, group: str) -> int:
        committed = await self._log.committed(group)
        partitions = [
            TopicPartition(name, number)
            for name, topic in self._plan.records.topic_facts.items()
            for number in range(topic.partitions)
        ]
        ends = await self._log.offsets(partitions, "latest")
        # Where a group committed nothing it has everything before it, as it had at the start.
        starts: Mapping[TopicPartition, int | None] = await self._log.offsets(partitions, "earliest")
        done = {at: committed[at].offset if at in committed else starts[at] or 0 for at in partitions}
        return sum(max((ends[at] or 0) - done[at], 0) for at in partitions)

    async def _ends(self, topics: Iterable[str]) -> int:
        described = await self._log.describe(list(topics))
        partitions = [TopicPartition(info.name, part.partition) for info in described for part in info.partitions]
        return sum(end or 0 for end in (await self._log.offsets(partitions, "latest")).values()) if partitions else 0
