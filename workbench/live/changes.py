"""Notices what changes while topics are followed: new topics and partitions, deleted topics, open transactions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.bus.held_offsets import held_by_transactions
from workbench.bus.new_partitions import METADATA_S, additions_text, spans_of_new_partitions, topics_now
from workbench.errors import WorkbenchError
from workbench.model.records.record import TopicPartition
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from workbench.bus.protocols import RecordLog
    from workbench.capture.window import Window
    from workbench.errors import UnknownTopicError
    from workbench.model.records.chunk import Isolation, Span
    from workbench.model.selecting.topic_selection import TopicSelection


class Changes:
    """Looks now and then for what changed, and says it.

    Args:
        log: An open record log.
        selection: What is followed. A pattern takes up new topics.
        window: What the following began with.
        isolation: Isolation level of the reads.
        partitions: Follow only partitions of these numbers.
        say: Called with each remark.
    """

    def __init__(
        self,
        log: RecordLog,
        selection: TopicSelection,
        window: Window,
        *,
        isolation: Isolation,
        partitions: Collection[int] | None,
        say: Callable[[str], None],
    ) -> None:
        self._log = log
        self._selection = selection
        self._isolation: Isolation = isolation
        self._numbers = partitions
        self._say = say
        self._left_out = set(window.refused)
        self._known = {TopicPartition(info.name, part.partition) for info in window.topics for part in info.partitions}
        self._held = dict(window.held)
        self._said = {place: held.since for place, held in window.held.items()}
        self._looked_at = time.monotonic()

    async def look(self) -> list[Span]:
        """Return the spans to read as well from now on; looks at most every `METADATA_S` seconds."""
        now = time.monotonic()
        if now - self._looked_at < METADATA_S:
            return []
        self._looked_at = now
        try:
            found = await self._additions()
            await self._look_at_transactions()
        except WorkbenchError:
            return []  # the reader meets the same fault, and counts the time
        return found

    async def _additions(self) -> list[Span]:
        known = {tp.topic for tp in self._known}
        infos = await topics_now(self._log, self._selection, known)
        infos = [info for info in infos if info.name not in self._left_out]
        spans = await spans_of_new_partitions(self._log, infos, self._known)
        self._known |= {TopicPartition(span.topic, span.partition) for span in spans}
        wanted = [span for span in spans if self._numbers is None or span.partition in self._numbers]
        for text in additions_text(wanted, known):
            self._say(text)
        return wanted

    async def _look_at_transactions(self) -> None:
        """Say what an open transaction holds when two looks find the same one: each holds something for a moment."""
        found = await held_by_transactions(self._log, sorted(self._known), self._isolation)
        for place, held in found.items():
            before = self._held.get(place)
            if before is not None and before.since == held.since and self._said.get(place) != held.since:
                self._said[place] = held.since
                self._say(f"{partition_text(place.topic, place.partition)}: {held.text}")
        self._held = found

    def follows(self, span: Span) -> bool:
        """Tell whether the partition of a span is still followed."""
        return TopicPartition(span.topic, span.partition) in self._known

    def goes_on_without(self, error: UnknownTopicError) -> bool:
        """Follow the other topics after one was deleted or created anew; False where it was the only one."""
        others = {tp for tp in self._known if tp.topic != error.topic}
        if not others or len(others) == len(self._known):
            return False
        self._known = others
        self._say(f"{error.topic} is followed no more: {error}")
        return True
