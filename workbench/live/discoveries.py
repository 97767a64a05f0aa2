"""Finds what a tail does not follow yet while it runs: new partitions and topics; and what open transactions hold."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from workbench.bus.held_offsets import held_by_transactions
from workbench.bus.new_partitions import METADATA_S, additions_text
from workbench.errors import UnknownTopicError, WorkbenchError
from workbench.model.records.record import TopicPartition
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from workbench.bus.held_offsets import HeldOffsets
    from workbench.bus.protocols import RecordLog
    from workbench.live.positions import Positions
    from workbench.model.records.chunk import Isolation, Span

    Discover: TypeAlias = Callable[[Sequence[TopicPartition]], Awaitable[Sequence[Span]]]
    """Finds partitions that are not followed yet, given those that are."""

FIRST_LOOK_S = 1.0
"""Time until the first look, after the tail has begun."""
ADDITIONS_SHOWN = 3
"""Topics and partitions taken up meanwhile that are named; earlier ones are counted."""


class Discoveries:
    """What was found and is not followed yet, and what is to be said about it.

    Args:
        log: An open record log.
        discover: Finds partitions that are not followed yet; asked every ``METADATA_S`` seconds. None for a tail that
            stays with those that it began with.
        positions: Of the partitions that are followed.
        isolation: As the reader's.
    """

    def __init__(
        self, log: RecordLog, discover: Discover | None, positions: Positions, *, isolation: Isolation
    ) -> None:
        self.begun = asyncio.Event()
        """Set once the first partitions are followed: before, all of them would be new."""
        self.found: list[Span] = []
        self._log = log
        self._discover = discover
        self._positions = positions
        self._isolation: Isolation = isolation
        self._added: list[str] = []
        self._held: dict[TopicPartition, HeldOffsets] = {}

    async def look(self) -> None:
        """Look again and again, until cancelled."""
        if self._discover is None:
            return
        pause_s = min(FIRST_LOOK_S, METADATA_S)
        await self.begun.wait()
        while True:
            await asyncio.sleep(pause_s)
            pause_s = METADATA_S
            try:
                waiting = (TopicPartition(span.topic, span.partition) for span in self.found)
                found = await self._discover((*self._positions.partitions, *waiting))
                self._added += additions_text(found, {tp.topic for tp in self._positions.partitions})
                self.found += found
                followed = list(self._positions.partitions)
                self._held = await held_by_transactions(self._log, followed, self._isolation)
            except WorkbenchError:
                # The reading task meets what is wrong with the connection, and says it.
                continue

    async def hand_over(self, follow: Callable[[Sequence[Span]], Awaitable[None]]) -> None:
        """Give what was found to a function that follows it; a topic that was deleted again is forgotten.

        Raises:
            WorkbenchError: It could not be followed; it is handed over the next time.
        """
        found = list(self.found)
        try:
            await follow(found)
        except UnknownTopicError as error:
            if all(span.topic != error.topic for span in found):
                raise
            self.found = [span for span in self.found if span.topic != error.topic]
        else:
            # Only now, or a look meanwhile would find them once more.
            del self.found[: len(found)]

    def remarks(self) -> list[str]:
        """Say what was taken up, and what is held."""
        remarks = self._added[-ADDITIONS_SHOWN:]
        if (earlier := len(self._added) - ADDITIONS_SHOWN) > 0:
            remarks.append(f"{counted(earlier, 'more topic or partition', 'more topics and partitions')} before that")
        if self._held:
            partition, held = next(iter(self._held.items()))
            more = f", and {counted(len(self._held) - 1, 'more partition')} like it" if len(self._held) > 1 else ""
            remarks.append(f"{partition_text(partition.topic, partition.partition)}: {held.text}{more}")
        return remarks
