"""Enters a capture into a snapshot: which source each topic is, and which windows are to be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.capture.offset_ranges import taken_by, unfinished, without
from workbench.errors import SnapshotError
from workbench.model import Span, TopicPartition
from workbench.store.snapshot import provenance
from workbench.store.snapshot.provenance import CaptureHead, RangeKey, Source, StoredRange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from workbench.capture.window import Window
    from workbench.model import Isolation, TopicInfo
    from workbench.store.snapshot.store import SnapshotStore


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """One window of one partition, and where reading goes on."""

    source: Source
    key: RangeKey
    span: Span


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
    known = provenance.find_sources(cursor, cluster_id, info.name)
    same = [source for source in known if source.topic_id == info.topic_id]
    if same:
        source = same[-1]
        if len(info.partitions) > source.partitions:
            provenance.set_partitions(cursor, source.source_id, len(info.partitions))
        return source
    return provenance.add_source(
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
    """Enter the capture and its windows; returns those that are bounded, oldest first, and those that follow.

    Unfinished windows of earlier captures come first, then what was asked for and is not stored yet.

    Raises:
        SnapshotError: A source was captured with the other isolation before.
    """
    with store.transaction() as cursor:
        bounded: list[tuple[Source, StoredRange]] = []
        following: list[tuple[Source, StoredRange]] = []
        for source in sources.values():
            stored = provenance.stored_ranges(cursor, source.source_id)
            _check_isolation(store, source, stored, head.isolation)
            bounded += [(source, one) for left in unfinished(stored) for one in _again(cursor, head, left, stored)]
            for span in (s for s in window.spans if s.topic == source.topic):
                more, follow = _new(head, source, span, window, stored)
                bounded += [(source, one) for one in more]
                following += [(source, one) for one in follow]
        provenance.begin(cursor, head, [one for _, one in (*bounded, *following)])
    return [_job(*one) for one in bounded], [_job(*one) for one in following]


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
        end = max(span.start, window.ends[TopicPartition(span.topic, span.partition)])

    def begun(start: int, stop: int | None) -> StoredRange:
        key = RangeKey(head.capture_id, source.source_id, span.partition, start)
        return StoredRange(key, start, stop, head.isolation, "running")

    pieces = [begun(start, stop) for start, stop in without((span.start, end), taken_by(own))]
    if span.stop is not None:
        return pieces or ([] if own else [begun(span.start, span.start)]), []
    last = max([end, *(one.next for one in own)])
    return pieces, [begun(last, None)]


def _again(
    cursor: duckdb.DuckDBPyConnection,
    head: CaptureHead,
    left: StoredRange,
    stored: Sequence[StoredRange],
) -> list[StoredRange]:
    """An unfinished window goes on; where its rest was stored otherwise meanwhile (an import), only what is missing."""
    if left.end is None:
        return []
    own = [(one.key.start, one.next) for one in stored if one.key.partition == left.key.partition]
    pieces = without((left.next, left.end), own)
    if pieces == [(left.next, left.end)]:
        return [replace(left, state="running")]
    provenance.cut(cursor, left.key, "the rest of the window was stored otherwise")
    return [
        StoredRange(replace(left.key, capture_id=head.capture_id, start=start), start, stop, left.isolation, "running")
        for start, stop in pieces
    ]


def _job(source: Source, one: StoredRange) -> PartitionTask:
    return PartitionTask(source, one.key, Span(source.topic, one.key.partition, one.next, one.end))


def _check_isolation(
    store: SnapshotStore,
    source: Source,
    stored: Sequence[StoredRange],
    isolation: Isolation,
) -> None:
    other = next((one.isolation for one in stored if one.isolation != isolation), None)
    if other is not None:
        raise SnapshotError(
            f"{store.path} holds {source.topic} as {other}; capturing it as {isolation} would mix the two. "
            "Capture into another file, or with the same isolation.",
            path=str(store.path),
        )


def waves(jobs: Sequence[PartitionTask]) -> list[list[PartitionTask]]:
    """Split jobs so that no partition occurs twice in one wave, each partition's windows in offset order."""
    turn: dict[tuple[str, int], int] = {}
    split: list[list[PartitionTask]] = []
    for job in sorted(jobs, key=lambda one: one.span.start):
        place = (job.span.topic, job.span.partition)
        number = turn.get(place, 0)
        turn[place] = number + 1
        if number == len(split):
            split.append([])
        split[number].append(job)
    return split
