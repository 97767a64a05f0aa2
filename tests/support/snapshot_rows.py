"""Rows that no capture had to read, and a way to put them into a snapshot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import StorageFullError
from workbench.model.events.value_counts import count_values
from workbench.model.records.columns import RECORD
from workbench.store import Appender, CaptureHead, RangeKey, RangeUpdate, StoredRange
from workbench.store.segments.stored_rows import stored_rows
from workbench.store.snapshot.captures import begin_capture, end_capture
from workbench.store.snapshot.sources import add_source

if TYPE_CHECKING:
    from workbench.decoding import Decoder
    from workbench.model.records.chunk import Gap
    from workbench.store import SnapshotStore

T_MS = 1_795_428_000_000


def body(number: int, **more: object) -> bytes:
    """A body of the contract."""
    event = {
        "event_id": f"00000000-0000-4000-8000-{number:012d}",
        "event_type": "order.placed" if number % 2 else "order.paid",
        "timestamp": "2026-11-23T10:00:00Z",
        "metadata": {"correlation_id": f"00000000-0000-4000-9000-{number // 4:012d}", "source": "shop"},
        "security_context": {"user_id": "u1", "token": "TOP-SECRET-TOKEN"},
        "payload": {"n": number},
    }
    return json.dumps({**event, **more}).encode()


def raw_records(first: int, count: int, *, partition: int = 0) -> pa.Table:
    """Contract events at consecutive offsets."""
    numbers = range(first, first + count)
    rows = [
        {
            "partition": partition,
            "offset": number,
            "timestamp_ms": T_MS + number,
            "timestamp_type": 0,
            "key": b"k%d" % number if number % 3 else None,
            "value": body(number),
            "headers": [{"name": b"h", "value": None}, {"name": b"h", "value": b"\xff"}] if number % 5 == 0 else [],
        }
        for number in numbers
    ]
    return pa.Table.from_pylist(rows, schema=RECORD)


@dataclass
class Filler:
    """Puts records into a store as a capture would."""

    store: SnapshotStore
    decoder: Decoder

    def __call__(
        self,
        records: pa.Table,
        *,
        topic: str = "orders",
        capture_id: str = "c1",
        gaps: tuple[Gap, ...] = (),
        segment_bytes: int | None = None,
    ) -> RangeKey:
        first, last = records["offset"][0].as_py(), records["offset"][-1].as_py()
        partition = records["partition"][0].as_py()
        with self.store.transaction() as cursor:
            source = add_source(cursor, cluster_id="cid", cluster="demo", topic=topic, topic_id=None, partitions=3)
            key = RangeKey(capture_id, source.source_id, partition, first)
            head = CaptureHead(capture_id, topic, "start", "end", "read_committed")
            begin_capture(cursor, head, [StoredRange(key, first, last + 1, "read_committed", "running")])
        decoded = self.decoder.decode(records, topic)
        raw, events = stored_rows(source.source_id, records, decoded)
        (values,) = count_values(decoded, [decoded.num_rows])
        sizes: dict[str, Any] = {} if segment_bytes is None else {"segment_bytes": segment_bytes, "row_group_bytes": 1}
        appender = Appender(self.store, **sizes)
        update = RangeUpdate(key, last + 1, records.num_rows, values=values, gaps=gaps)
        try:
            appender.append(update, raw, events)
            appender.commit()
        except StorageFullError:
            appender.discard()
            raise
        with self.store.transaction() as cursor:
            end_capture(cursor, capture_id, [key], "complete", None)
        return key


def fill_segments(store: SnapshotStore, decoder: Decoder) -> None:
    """Put two topics of three partitions into segments of several row groups, each with rows of several partitions."""
    rows, pieces = 20, 6
    for topic in ("orders", "payments"):
        with store.transaction() as cursor:
            source = add_source(cursor, cluster_id="cid", cluster="demo", topic=topic, topic_id=None, partitions=3)
            keys = [RangeKey(topic, source.source_id, partition, 0) for partition in range(3)]
            ranges = [StoredRange(key, 0, pieces * rows, "read_committed", "running") for key in keys]
            begin_capture(cursor, CaptureHead(topic, topic, "start", "end", "read_committed"), ranges)
        appender = Appender(store, segment_bytes=30_000, row_group_bytes=40_000)
        for piece in range(pieces):
            for key in keys:
                raw = raw_records(piece * rows, rows, partition=key.partition)
                update = RangeUpdate(key, (piece + 1) * rows, rows)
                appender.append(update, *stored_rows(source.source_id, raw, decoder.decode(raw, topic)))
        appender.commit()
