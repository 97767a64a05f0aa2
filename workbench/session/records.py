"""Reads records of a snapshot: one in full, for the pane of a view, or those of a topic, to be folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError, UnknownTopicError
from workbench.live.rows import TAIL, detail_of
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.model.causation import EventPosition
    from workbench.model.feeds import RecordDetail
    from workbench.store.snapshot.store import SnapshotStore

_LATEST_MS = 2**62 // 1000
"""Timestamps from here on are no times: as microseconds they leave 64 bits."""


def record_detail(store: SnapshotStore, position: EventPosition) -> RecordDetail | None:
    """Return key, value, headers and decoded facts of a record as text; None if the snapshot has no such record.

    Only the segments that may hold the position are read.
    """
    columns = {"source_id": [position.source_id], "partition": [position.partition], "offset": [position.offset]}
    picked = pa.table(columns)
    records, events = store.record_table(positions=picked), store.event_table(positions=picked, with_decoded=True)
    if not records.num_rows or not events.num_rows:
        return None
    raw = {name: records[name] for name in TAIL.names if name in records.column_names}
    decoded = {name: events[name] for name in TAIL.names if name not in raw}
    return detail_of(pa.table({**raw, **decoded}))


def topic_records(store: SnapshotStore, topic: str) -> pa.Table:
    """Return ``topic``, ``partition``, ``offset``, ``time_us``, ``key`` and ``value`` of a topic's records.

    The time is that of the event, else the record's timestamp.

    Raises:
        UnknownTopicError: The snapshot has no such topic.
        TableError: It has several topics of this name.
    """
    known = sorted({source.topic for source in store.sources()})
    if topic not in known:
        named = ", ".join(visible(name, 60) for name in known[:10]) or "none"
        raise UnknownTopicError(f"The snapshot has no topic {visible(topic, 60)}; it has {named}.", topic=topic)
    if (count := sum(source.topic == topic for source in store.sources())) > 1:
        raise TableError(
            f"The snapshot has {count} topics {visible(topic, 60)}, of several clusters or made anew, whose offsets "
            "have no common order. Fold the trace of one flow, or a snapshot that has one of them."
        )
    where, params = "topic = $topic", {"topic": topic}
    records, events = store.record_table(where, params), store.event_table(where, params)
    timestamp = records.column("timestamp_ms")
    usable = pc.and_(pc.not_equal(timestamp, -1), pc.less(pc.abs(timestamp), _LATEST_MS))
    stamped = pc.multiply(pc.if_else(usable, timestamp, None), 1000)
    time = pc.coalesce(events.column("event_time").cast(pa.int64()), stamped)
    names = ["topic", "partition", "offset", "key", "value"]
    return records.select(names).append_column("time_us", time)
