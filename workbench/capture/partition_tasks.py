"""Enters a capture into a snapshot, and splits it into tasks: one window of one partition each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.capture.offset_ranges import taken_by, unfinished, without
from workbench.errors import SnapshotError
from workbench.model import Span, TopicPartition
from workbench.store import CaptureHead, RangeKey, Source, StoredRange
from workbench.store.snapshot.captures import begin_capture
from workbench.store.snapshot.ranges import cut_range, stored_ranges
from workbench.store.snapshot.sources import add_source, find_sources, set_partitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from workbench.capture.window import Window
    from workbench.model import Isolation, TopicInfo
    from workbench.store import SnapshotStore


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """One window of one partition."""

    source: Source
    key: RangeKey
    """Identifies the window in the snapshot."""
    span: Span
    """Offsets that are still to be read."""

    @property
    def empty(self) -> bool:
        """Whether nothing is to be read; a window between two equal bounds is entered all the same."""
        return self.span.stop is not None and self.span.start >= self.span.stop


def identify(
    store: SnapshotStore,
    topics: Sequence[TopicInfo],
    *,
    cluster_id: str,
    cluster: str,
) -> dict[str, Source]:
    """Find or enter the source of each topic; a topic with another id than before is another source."""
    with store.transaction() as cursor:
        return {info.name: _source(cursor, info, cluster_id, cluster) for info in topics}


def _source(cursor: duckdb.DuckDBPyConnection, info: TopicInfo, cluster_id: str, cluster: str) -> Source:
    known = find_sources(cursor, cluster_id, info.name)
    same = [source for source in known if source.topic_id == info.topic_id]
    if same:
        source = same[-1]
        if len(info.partitions) > source.partitions:
            set_partitions(cursor, source.source_id, len(info.partitions))
        return source
    return add_source(
        cursor,
        cluster_id=cluster_id,
        cluster=cluster,
        topic=info.name,
        topic_id=info.topic_id,
        partitions=len(info.partitions),
    )


def enter(
    store: SnapshotStore,
    head: CaptureHead,
    window: Window,
    sources: Mapping[str, Source],
) -> tuple[list[PartitionTask], list[PartitionTask]]:
    """Enter the capture and its windows in one transaction.

    Unfinished windows of earlier captures come first, then the requested offsets that are not stored yet.

    Returns:
        The bounded tasks, lowest offsets first, and the tasks that follow.

    Raises:
        SnapshotError: A source was captured with the other isolation before.
    """
    with store.transaction() as cursor:
        bounded: list[tuple[Source, StoredRange]] = []
        following: list[tuple[Source, StoredRange]] = []
        for source in sources.values():
            stored = stored_ranges(cursor, source.source_id)
            check_isolation(store, source, stored, head.isolation)
            bounded += [(source, one) for left in unfinished(stored) for one in _remainder(cursor, head, left, stored)]
            for span in (s for s in window.spans if s.topic == source.topic):
                more, follow = _new(head, source, span, window, stored)
                bounded += [(source, one) for one in more]
                following += [(source, one) for one in follow]
        begin_capture(cursor, head, [one for _, one in (*bounded, *following)])
    return [_task(*window) for window in bounded], [_task(*window) for window in following]


def _new(
    head: CaptureHead,
    source: Source,
    span: Span,
    window: Window,
    stored: Sequence[StoredRange],
) -> tuple[list[StoredRange], list[StoredRange]]:
    own = [one for one in stored if one.key.partition == span.partition]
    end = span.stop
    if end is None:
        # Following begins with a bounded window up to the end of now, so that its progress can be shown and resumed.
        end = max(span.start, window.ends[TopicPartition(span.topic, span.partition)])

    def new_range(start: int, stop: int | None) -> StoredRange:
        key = RangeKey(head.capture_id, source.source_id, span.partition, start)
        return StoredRange(key, start, stop, head.isolation, "running")

    missing = [new_range(start, stop) for start, stop in without((span.start, end), taken_by(own))]
    if span.stop is not None:
        return missing or ([] if own else [new_range(span.start, span.start)]), []
    last = max([end, *(one.next for one in own)])
    return missing, [new_range(last, None)]


def _remainder(
    cursor: duckdb.DuckDBPyConnection,
    head: CaptureHead,
    left: StoredRange,
    stored: Sequence[StoredRange],
) -> list[StoredRange]:
    """Return the windows that finish an earlier one: itself, or its missing parts where an import stored the others."""
    if left.end is None:
        return []
    own = [(one.key.start, one.next) for one in stored if one.key.partition == left.key.partition]
    missing = without((left.next, left.end), own)
    if missing == [(left.next, left.end)]:
        return [replace(left, state="running")]
    cut_range(cursor, left.key, "the rest of the window was stored otherwise")
    return [
        StoredRange(replace(left.key, capture_id=head.capture_id, start=start), start, stop, left.isolation, "running")
        for start, stop in missing
    ]


def _task(source: Source, window: StoredRange) -> PartitionTask:
    # With the identity of its source: the topic may be deleted and created anew before it is read.
    span = Span(source.topic, window.key.partition, window.next, window.end, source.topic_id)
    return PartitionTask(source, window.key, span)


def check_isolation(
    store: SnapshotStore,
    source: Source,
    stored: Sequence[StoredRange],
    isolation: Isolation,
) -> None:
    """Refuse to mix two isolations in one source.

    Raises:
        SnapshotError: It was captured with the other one before.
    """
    other = next((one.isolation for one in stored if one.isolation != isolation), None)
    if other is not None:
        raise SnapshotError(
            f"{store.path} holds {source.topic} as {other}; capturing it as {isolation} would mix the two. "
            "Capture into another file, or with the same isolation.",
            path=str(store.path),
        )


def waves(tasks: Sequence[PartitionTask]) -> list[list[PartitionTask]]:
    """Split tasks into waves: no partition occurs twice in one wave, and its windows keep their offset order."""
    # The pipeline knows the task of a chunk by its partition alone, so a wave has one window of each.
    assigned: dict[tuple[str, int], int] = {}
    split: list[list[PartitionTask]] = []
    for task in sorted(tasks, key=lambda one: one.span.start):
        partition = (task.span.topic, task.span.partition)
        wave = assigned.get(partition, 0)
        assigned[partition] = wave + 1
        if wave == len(split):
            split.append([])
        split[wave].append(task)
    return split
