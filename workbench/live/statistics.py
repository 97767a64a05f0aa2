"""Counts what a window of live topics holds: keys, sizes, nulls, types, fields; nothing is stored but the counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.memory_pool import steady_allocation
from workbench.capture.chunk_groups import decoding_groups
from workbench.capture.window import resolve_window
from workbench.exploration.fields import read_fields
from workbench.exploration.sampling import opened, sample_of
from workbench.live.topic_statistics import TopicFigures, TopicStatistics
from workbench.model.events.decoding import prepare
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk, Isolation
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.selecting.window import Bound

READ_BYTES, READ_WAIT_MS, PREFETCH_BYTES = 8 << 20, 200, 12 << 20
SAMPLE_ROWS = 2_000
"""Last records of each topic that are looked into for fields."""
MOST_KEYS = 5_000_000
"""Different keys of a topic that are told apart; beyond it their number is a lower bound."""
_MERGE_KEYS = 500_000
PERCENTILES = (50, 90, 99)


@dataclass(frozen=True, slots=True)
class StatisticsWindow:
    """What is counted.

    Attributes:
        topics: Topics.
        start: First bound.
        end: Exclusive last bound.
        isolation: Isolation level of the reads.
        limit: Most records that are read.
    """

    topics: TopicSelection
    start: Bound
    end: Bound
    isolation: Isolation
    limit: int


async def read_statistics(
    log: RecordLog, window: StatisticsWindow, decoder: BulkDecoder, *, progress: Callable[[int], None] | None = None
) -> TopicStatistics:
    """Read a window of topics and count it.

    Raises:
        UnknownTopicError: A topic does not exist, or a pattern matches nothing.
    """
    found = await resolve_window(log, window.topics, window.start, window.end, isolation=window.isolation)
    spans = [span for span in found.spans if span.start < (span.stop or 0)]
    counts = {info.name: _Counts(info.name) for info in found.topics}
    read, missing = 0, 0
    with steady_allocation():
        async with log.reader(spans, isolation=window.isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
            while spans and not reader.done and read < window.limit:
                chunks = await reader.read(READ_BYTES, READ_WAIT_MS)
                missing += sum(gap.stop - gap.start for chunk in chunks for gap in chunk.gaps)
                await prepare(decoder, chunks)
                for group in decoding_groups(chunks):
                    read += await asyncio.to_thread(counts[group[0].topic].add, group, decoder)
                if progress is not None:
                    progress(read)
            whole = not spans or reader.done
    figures = [await asyncio.to_thread(one.figures) for one in counts.values()]
    reason = "" if whole else f"stopped because the limit of {window.limit} records was reached"
    notes = [*found.notes, *([f"{missing} offsets could not be read"] if missing else [])]
    return TopicStatistics(figures, f"{window.start} to {window.end}", reason, tuple(notes))


class _Counts:
    """The counts of one topic, while it is read."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._records = self._tombstones = self._keyless = self._bytes = 0
        self._sizes: list[NDArray[np.int32]] = []
        self._keys: list[pa.Array] = []
        self._key_rows = 0
        self._keys_capped = False
        self._types: Counter[str | None] = Counter()
        self._formats: Counter[str | None] = Counter()
        self._times: list[tuple[int, int]] = []
        self._newest: list[pa.Table] = []

    def add(self, chunks: Sequence[Chunk], decoder: BulkDecoder) -> int:
        """Count the records of some chunks; returns how many they are."""
        table = pa.Table.from_batches([chunk.records for chunk in chunks], schema=RECORD)
        if not table.num_rows:
            return 0
        records = table.combine_chunks().to_batches()[0]
        events = decoder.decode(records, self._topic)
        key, value = records.column("key"), records.column("value")
        sizes = pc.binary_length(value).drop_null().to_numpy()
        self._records += records.num_rows
        self._tombstones += value.null_count
        self._keyless += key.null_count
        self._bytes += int(sizes.sum()) + int(pc.sum(pc.binary_length(key)).as_py() or 0)
        self._sizes.append(sizes.astype(np.int32, copy=False))
        self._add_keys(key)
        for name, counter in (("event_type", self._types), ("format", self._formats)):
            for one in pc.value_counts(events.column(name)).to_pylist():
                counter[one["values"]] += one["counts"]
        bounds = pc.min_max(records.column("timestamp_ms")).as_py()
        self._times.append((bounds["min"], bounds["max"]))
        self._sample(records, events)
        return int(records.num_rows)

    def _add_keys(self, key: pa.Array) -> None:
        if self._keys_capped:
            return
        self._keys.append(pc.unique(key.drop_null()))
        self._key_rows += len(self._keys[-1])
        if self._key_rows > _MERGE_KEYS + 2 * len(self._keys[0]):
            self._keys = [self._unique()]
            self._key_rows = len(self._keys[0])
            self._keys_capped = self._key_rows > MOST_KEYS

    def _unique(self) -> pa.Array:
        return pc.unique(pa.chunked_array(self._keys, pa.binary()))

    def _sample(self, records: pa.RecordBatch, events: pa.RecordBatch) -> None:
        last = max(records.num_rows - SAMPLE_ROWS, 0)
        rows = pa.array(np.arange(last, records.num_rows))
        picked, decoded = records.take(rows), events.take(rows)
        names = ["timestamp_ms", "key", "headers", "value"]
        columns = {name: picked.column(name) for name in names}
        self._newest.append(pa.table(columns | {name: decoded.column(name) for name in ("format", "decoded")}))
        while len(self._newest) > 1 and sum(one.num_rows for one in self._newest[1:]) >= SAMPLE_ROWS:
            self._newest.pop(0)

    def figures(self) -> TopicFigures:
        """Return the counts at the end."""
        sizes = np.concatenate(self._sizes) if self._sizes else np.empty(0, np.int32)
        shares = np.percentile(sizes, PERCENTILES, method="inverted_cdf") if len(sizes) else [0] * len(PERCENTILES)
        fields = []
        if self._newest:
            sample = sample_of(self._topic, _sampled(pa.concat_tables(self._newest)))
            with opened(sample) as cursor:
                fields = read_fields(cursor, self._topic, sample.records)
        times = [time for time in self._times if time[1] >= 0]
        return TopicFigures(
            topic=self._topic,
            records=self._records,
            tombstones=self._tombstones,
            keyless=self._keyless,
            keys=len(self._unique()) if self._keys else 0,
            keys_at_least=self._keys_capped,
            bytes=self._bytes,
            value_bytes={f"p{name}": int(size) for name, size in zip(PERCENTILES, shares, strict=True)}
            | {"max": int(sizes.max()) if len(sizes) else 0},
            types=dict(self._types.most_common()),
            formats=dict(self._formats.most_common()),
            first_ms=min((time[0] for time in times), default=None),
            last_ms=max((time[1] for time in times), default=None),
            fields=tuple(fields),
        )


def _sampled(newest: pa.Table) -> pa.Table:
    """Return the last rows in the columns of `workbench.exploration.sampling.sample_of`."""
    rows: Any = newest.slice(max(newest.num_rows - SAMPLE_ROWS, 0)).combine_chunks()
    sizes = pc.fill_null(pc.binary_length(rows["value"]), 0).cast(pa.int64())
    return rows.append_column("size", sizes).append_column("row", pa.array(np.arange(1, rows.num_rows + 1)))
