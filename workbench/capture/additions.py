"""Takes up the topics and partitions that a selection gets while a capture follows it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.bus.new_partitions import METADATA_S, additions_text, spans_of_new_partitions, topics_now
from workbench.capture.offset_ranges import taken_by
from workbench.capture.partition_tasks import PartitionTask, check_isolation, identify
from workbench.capture.pipeline import in_thread
from workbench.errors import SnapshotError, WorkbenchError
from workbench.model import TopicPartition
from workbench.store import RangeKey, StoredRange
from workbench.store.snapshot.captures import add_note
from workbench.store.snapshot.ranges import add_ranges, stored_ranges
from workbench.store.snapshot.sources import set_partitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack

    from workbench.bus.protocols import RecordLog
    from workbench.capture.window import Window
    from workbench.errors import UnknownTopicError
    from workbench.model import Span, TopicInfo
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.store import CaptureHead, SnapshotStore, Source


class Additions:
    """Looks for what the selection of a capture got meanwhile, and enters its windows into the snapshot.

    Args:
        log: An open record log.
        store: The snapshot.
        head: The capture that goes on.
        selection: What it captures. A pattern takes up new topics.
        window: What it began with. Topics that were left out then stay left out.
        sources: The source of each topic that it began with.
        locks: Holds the sources until the capture ends; those of new topics are added.

    Attributes:
        notes: One sentence for each topic and partition that was taken up, lost, or had to be left out.
        lost: Why topics are followed no more.
    """

    def __init__(
        self,
        log: RecordLog,
        store: SnapshotStore,
        head: CaptureHead,
        selection: TopicSelection,
        *,
        window: Window,
        sources: Mapping[str, Source],
        locks: ExitStack,
    ) -> None:
        self.notes: list[str] = []
        self.lost: dict[str, str] = {}
        self._log = log
        self._store = store
        self._head = head
        self._selection = selection
        self._sources = dict(sources)
        self._locks = locks
        self._left_out = set(window.refused)
        self._known = {TopicPartition(info.name, part.partition) for info in window.topics for part in info.partitions}
        self._looked_at = time.monotonic()

    async def look(self) -> list[PartitionTask]:
        """Return the tasks of partitions that are new since the last look; looks at most every `METADATA_S` seconds."""
        now = time.monotonic()
        if now - self._looked_at < METADATA_S:
            return []
        self._looked_at = now
        try:
            infos = await topics_now(self._log, self._selection, self._sources)
            # A topic with another id was created anew: the reader ends the capture for that.
            same = [info for info in infos if self._is_same(info)]
            new = [info for info in infos if info.name not in self._sources and info.name not in self._left_out]
            spans = await spans_of_new_partitions(self._log, [*same, *new], self._known)
        except WorkbenchError:
            return []  # the reader meets the same fault, and counts the time
        return await in_thread(self._enter, new, spans) if spans else []

    def lose(self, error: UnknownTopicError) -> bool:
        """Go on without a topic that was deleted or created anew; False where it was named, or is the only one.

        Another topic of its name is not taken up: its records could not be told from those still on their way here.
        """
        others = self._sources.keys() - {error.topic}
        if error.topic not in self._sources or error.topic in self._selection.parts or not others:
            return False
        del self._sources[error.topic]
        self._left_out.add(error.topic)
        self.lost[error.topic] = str(error)
        self.notes.append(lost_text(error.topic, str(error)))
        return True

    def _is_same(self, info: TopicInfo) -> bool:
        return info.name in self._sources and self._sources[info.name].topic_id == info.topic_id

    def _enter(self, topics: Sequence[TopicInfo], spans: Sequence[Span]) -> list[PartitionTask]:
        before = set(self._sources)
        notes = [note for info in topics if (note := self._take_up(info)) is not None]
        tasks = []
        with self._store.transaction() as cursor:
            for span in (one for one in spans if one.topic in self._sources):
                source = self._sources[span.topic]
                # A topic may be new to this capture and not to the snapshot: then it goes on behind what is stored.
                stored = [one for one in stored_ranges(cursor, source.source_id) if one.key.partition == span.partition]
                start = max([span.start, *(end for _, end in taken_by(stored))])
                key = RangeKey(self._head.capture_id, source.source_id, span.partition, start)
                add_ranges(cursor, [StoredRange(key, start, None, self._head.isolation, "running")])
                set_partitions(cursor, source.source_id, 1 + max(span.partition, source.partitions - 1))
                tasks.append(PartitionTask(source, key, replace(span, start=start)))
            notes += additions_text([task.span for task in tasks], before)
            for note in notes:
                add_note(cursor, self._head.capture_id, note)
        self.notes += notes
        self._known |= {TopicPartition(task.span.topic, task.span.partition) for task in tasks}
        return tasks

    def _take_up(self, info: TopicInfo) -> str | None:
        """Identify a new topic and hold its source; return why it is left out, if that is so."""
        cluster = next(iter(self._sources.values())).cluster
        source = identify(self._store, [info], cluster_id=self._log.cluster_id, cluster=cluster)[info.name]
        try:
            with self._store.transaction() as cursor:
                stored = stored_ranges(cursor, source.source_id)
            check_isolation(self._store, source, stored, self._head.isolation)
            self._locks.enter_context(self._store.source_locks.hold({source.source_id: source.topic}))
        except SnapshotError as error:
            self._left_out.add(info.name)
            return f"topic {info.name} appeared meanwhile, and is left out: {error}"
        self._sources[info.name] = source
        return None


def lost_text(topic: str, why: str) -> str:
    """Say that a topic is followed no more."""
    return f"topic {topic} is followed no more: {why}"
