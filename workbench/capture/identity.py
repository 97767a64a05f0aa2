"""Checks that a topic is still the one that a snapshot holds, not one that was recreated or truncated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.errors import SnapshotError
from workbench.model import Span, TopicPartition
from workbench.model.records.columns import MASKED_HEADER, RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.capture.window import Window
    from workbench.model import Isolation
    from workbench.store import SnapshotStore, Source

_READ_BYTES = 1 << 20
_COMPARED = ("offset", "timestamp_ms", "key", "value", "headers")
_MASKED_COMPARED = ("offset", "timestamp_ms")


async def check_same_logs(
    log: RecordLog,
    store: SnapshotStore,
    window: Window,
    sources: Iterable[Source],
    isolation: Isolation,
) -> None:
    """Compare the stored records of each source with its log.

    A log never ends below what was stored of it. Where the broker gives no topic id, the last stored record of each
    partition is also read again and compared byte for byte, unless retention or compaction removed it.

    Raises:
        SnapshotError: A log is another one than the stored one.
    """
    for source in sources:
        stored_ends = _stored_ends(store, source)
        for partition, offset in stored_ends.items():
            end = window.ends.get(partition)
            if end is not None and end < offset:
                raise _not_the_same(store, source, f"{partition} ends at {end}, but records up to {offset} are stored")
        # Brokers before Kafka 2.8 give no topic id (KIP-516): then only the bytes can show that it is another log.
        if source.topic_id is None and stored_ends:
            await _compare_last(log, store, source, isolation)


def _stored_ends(store: SnapshotStore, source: Source) -> Mapping[TopicPartition, int]:
    # By a cursor of its own: a query of a user is parsed and checked first, which takes longer than this one.
    with store.cursor() as cursor:
        found = cursor.execute(
            'SELECT "partition", max(next) FROM capture_ranges WHERE source_id = ? AND next > "from" GROUP BY 1',
            [source.source_id],
        ).fetchall()
    return {TopicPartition(source.topic, partition): end for partition, end in found}


async def _compare_last(log: RecordLog, store: SnapshotStore, source: Source, isolation: Isolation) -> None:
    positions = store.sql_arrow(
        'SELECT source_id, "partition", max("offset") AS "offset" FROM records WHERE source_id = ? GROUP BY ALL',
        [source.source_id],
    )
    stored = store.record_table(positions=positions).select(RECORD.names).cast(RECORD)
    spans = [Span(source.topic, row["partition"], row["offset"], row["offset"] + 1) for row in positions.to_pylist()]
    async with log.reader(spans, isolation=isolation, prefetch_bytes=_READ_BYTES) as reader:
        while not reader.done:
            for chunk in await reader.read(_READ_BYTES):
                if chunk.records.num_rows and not _same(stored, chunk.partition, chunk.records):
                    place = TopicPartition(source.topic, chunk.partition)
                    raise _not_the_same(store, source, f"{place} holds another record at the last stored offset")


def _same(stored: pa.Table, partition: int, now: pa.RecordBatch) -> bool:
    before, present = stored.filter(pa.compute.equal(stored["partition"], partition)), pa.table(now)
    # What masking makes of a record depends on rules and salt, which may have changed since.
    columns = _MASKED_COMPARED if _is_masked(before) or _is_masked(present) else _COMPARED
    return bool(before.select(columns).equals(present.select(columns)))


def _is_masked(records: pa.Table) -> bool:
    mark = MASKED_HEADER.encode()
    return any(one["name"] == mark for row in records["headers"].to_pylist() for one in row)


def _not_the_same(store: SnapshotStore, source: Source, why: str) -> SnapshotError:
    return SnapshotError(
        f"The topic {source.topic} is not the one that {store.path} holds: {why}. It was recreated or truncated; "
        "capture it into another file.",
        path=str(store.path),
    )
