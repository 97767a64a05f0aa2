"""Takes up the partitions that are added to the topics of a capture while it follows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.bus.new_partitions import spans_of_new_partitions
from workbench.capture.partition_tasks import PartitionTask
from workbench.capture.pipeline import in_thread
from workbench.errors import WorkbenchError
from workbench.model import TopicPartition
from workbench.store import RangeKey, StoredRange
from workbench.store.snapshot.captures import add_note
from workbench.store.snapshot.ranges import add_ranges
from workbench.store.snapshot.sources import set_partitions
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Span
    from workbench.store import CaptureHead, SnapshotStore, Source

METADATA_S = 10.0
"""Seconds between two looks for new partitions."""


class Additions:
    """Looks for new partitions of the captured topics, and enters their windows into the snapshot.

    Attributes:
        notes: One sentence for each partition that was taken up.
    """

    def __init__(
        self,
        log: RecordLog,
        store: SnapshotStore,
        head: CaptureHead,
        sources: Mapping[str, Source],
        known: Iterable[TopicPartition],
    ) -> None:
        self.notes: list[str] = []
        self._log = log
        self._store = store
        self._head = head
        self._sources = sources
        self._known = set(known)
        self._looked_at = time.monotonic()

    async def look(self) -> list[PartitionTask]:
        """Return the tasks of partitions that are new since the last look; looks at most every `METADATA_S` seconds."""
        now = time.monotonic()
        if now - self._looked_at < METADATA_S:
            return []
        self._looked_at = now
        try:
            infos = await self._log.describe(list(self._sources))
            # A topic with another id was created anew: the reader ends the capture for that.
            same = [info for info in infos if info.topic_id == self._sources[info.name].topic_id]
            spans = await spans_of_new_partitions(self._log, same, self._known)
        except WorkbenchError:
            return []  # the reader meets the same fault, and counts the time
        return await in_thread(self._enter, spans) if spans else []

    def _enter(self, spans: Sequence[Span]) -> list[PartitionTask]:
        tasks = []
        with self._store.transaction() as cursor:
            for span in spans:
                source = self._sources[span.topic]
                key = RangeKey(self._head.capture_id, source.source_id, span.partition, span.start)
                add_ranges(cursor, [StoredRange(key, span.start, None, self._head.isolation, "running")])
                set_partitions(cursor, source.source_id, 1 + max(span.partition, source.partitions - 1))
                note = f"{partition_text(span.topic, span.partition)} was added meanwhile, and is read from its start"
                add_note(cursor, self._head.capture_id, note)
                self.notes.append(note)
                tasks.append(PartitionTask(source, key, span))
        self._known |= {TopicPartition(span.topic, span.partition) for span in spans}
        return tasks
