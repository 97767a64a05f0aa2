"""Reads the records of topics page by page from any bound, forwards and backwards, without a consumer group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.capture.window import resolve_window
from workbench.errors import UnknownTopicError
from workbench.live.last_records import start_at_last_records
from workbench.live.search.columns import SEARCHED, columns_of, records_of
from workbench.live.search.rows import TITLES, shown_rows
from workbench.model.events.decoding import prepare
from workbench.model.records.chunk import Chunk, Span
from workbench.model.records.columns import RECORD
from workbench.model.records.record import TopicPartition
from workbench.store.snapshot.frames import to_pandas
from workbench.text import counted, element, output_html, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from workbench.bus.protocols import RecordLog
    from workbench.model import Isolation, Record
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.selecting.window import Bound

    Positions = Mapping[TopicPartition, int]

READ_BYTES, READ_WAIT_MS = 2 << 20, 200
PREFETCH_BYTES = 4 << 20
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class PageSource:
    """What pages are read from.

    Attributes:
        log: An open record log.
        decoder: Decodes the records.
        isolation: Isolation level of the reads.
        count: Records of a page.
    """

    log: RecordLog
    decoder: BulkDecoder
    isolation: Isolation
    count: int


class Page:
    """Some records of topics in order of time, in each partition in order of offsets.

    Attributes:
        table: The records, with what decoding found.
        start: Offset of each partition at which the page begins.
        stop: Offset of each partition at which the next page begins.
    """

    def __init__(self, source: PageSource, records: pa.Table, start: Positions, stop: Positions) -> None:
        self._source = source
        self.table = records
        self.start = dict(start)
        self.stop = dict(stop)

    async def next(self) -> Page:
        """Read the page behind this one, up to the present ends; it is empty where nothing came."""
        return await page_after(self._source, self.stop)

    async def previous(self) -> Page:
        """Read the page before this one; it is empty at the log starts."""
        return await page_before(self._source, self.start)

    @property
    def frame(self) -> pd.DataFrame:
        """The records as a frame."""
        return to_pandas(self.table)

    def __iter__(self) -> Iterator[Record]:
        return iter(records_of(self.table))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return text_table(TITLES, shown_rows(self.table, len(self))) if len(self) else self._title()

    def _repr_html_(self) -> str:
        rows = [table(TITLES, shown_rows(self.table, len(self)))] if len(self) else []
        return output_html(element("p", self._title()), *rows)

    def _title(self) -> str:
        return f"{counted(len(self), 'record')} of {counted(len(self.start), 'partition')}"


async def first_page(
    source: PageSource, topics: TopicSelection, bound: Bound, *, backwards: bool, partition: int | None = None
) -> Page:
    """Read the page behind a bound, or the one before it; of all partitions, or of one.

    Raises:
        UnknownTopicError: A topic or the partition does not exist, or a pattern matches nothing.
    """
    window = await resolve_window(source.log, topics, bound, None, isolation=source.isolation)
    positions = {TopicPartition(span.topic, span.partition): span.start for span in window.spans}
    if partition is not None:
        positions = {place: at for place, at in positions.items() if place.partition == partition}
        if not positions:
            name = str(topics)
            raise UnknownTopicError(f"{visible(name, 200)} has no partition {partition}.", topic=name)
    return await (page_before if backwards else page_after)(source, positions)


async def page_after(source: PageSource, positions: Positions) -> Page:
    """Read the next records behind positions."""
    ends = await source.log.offsets(list(positions), "latest", isolation=source.isolation)
    spans = [Span(p.topic, p.partition, at, ends[p]) for p, at in positions.items() if at < (ends[p] or 0)]
    parts = await _read(source, spans, most=source.count)
    # A running maximum: a record whose time is out of order stays behind those before it in its partition.
    taken, merged = _merged(parts, [np.maximum.accumulate(part.times) for part in parts], source.count, newest=False)
    stop = dict(positions)
    for part, rows in zip(parts, taken, strict=True):
        stop[part.place] = part.reached if rows == len(part.times) else int(part.offsets[rows])
    return Page(source, await _decoded(source, parts, merged), positions, stop)


async def page_before(source: PageSource, positions: Positions) -> Page:
    """Read the last records before positions."""
    begins = await source.log.offsets(list(positions), "earliest", isolation=source.isolation)
    lows = {place: min(begins[place] or 0, at) for place, at in positions.items()}
    wanted = [
        Span(p.topic, p.partition, max(lows[p], at - source.count), at) for p, at in positions.items() if lows[p] < at
    ]
    spans = await start_at_last_records(source.log, wanted, source.count, positions, isolation=source.isolation)
    parts = await _read(source, spans, most=None)
    falling = [np.minimum.accumulate(part.times[::-1])[::-1] for part in parts]
    taken, merged = _merged(parts, falling, source.count, newest=True)
    start = dict(positions)
    for part, span, rows in zip(parts, spans, taken, strict=True):
        whole = rows == len(part.times)
        start[part.place] = span.start if whole else int(part.offsets[-rows]) if rows else positions[part.place]
    return Page(source, await _decoded(source, parts, merged), start, positions)


@dataclass(frozen=True, slots=True)
class _Part:
    """What was read of one partition."""

    place: TopicPartition
    records: pa.RecordBatch
    reached: int

    @property
    def times(self) -> NDArray[np.int64]:
        return np.asarray(self.records.column("timestamp_ms").to_numpy(), dtype=np.int64)

    @property
    def offsets(self) -> NDArray[np.int64]:
        return np.asarray(self.records.column("offset").to_numpy(), dtype=np.int64)


async def _read(source: PageSource, spans: Sequence[Span], *, most: int | None) -> list[_Part]:
    """Read spans, or so many records of each; one part for each span, in their order."""
    places = [TopicPartition(span.topic, span.partition) for span in spans]
    batches: dict[TopicPartition, list[pa.RecordBatch]] = {place: [] for place in places}
    rows, reached = dict.fromkeys(places, 0), {p: span.start for p, span in zip(places, spans, strict=True)}
    stops = {p: span.stop or 0 for p, span in zip(places, spans, strict=True)}

    def waits(place: TopicPartition) -> bool:
        return reached[place] < stops[place] and (most is None or rows[place] < most)

    if spans:
        async with source.log.reader(spans, isolation=source.isolation, prefetch_bytes=PREFETCH_BYTES) as reader:
            while not reader.done and any(map(waits, places)):
                for chunk in await reader.read(READ_BYTES, READ_WAIT_MS):
                    place = TopicPartition(chunk.topic, chunk.partition)
                    if waits(place):
                        batches[place].append(chunk.records)
                        rows[place] += chunk.records.num_rows
                        reached[place] = chunk.next
    return [_Part(place, _joined(batches[place]), reached[place]) for place in places]


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    whole = pa.Table.from_batches(batches, schema=RECORD).combine_chunks()
    return whole.to_batches()[0] if whole.num_rows else pa.RecordBatch.from_pylist([], schema=RECORD)


def _merged(
    parts: Sequence[_Part], orders: Sequence[NDArray[np.int64]], count: int, *, newest: bool
) -> tuple[list[int], NDArray[np.int64]]:
    """Choose the oldest or newest rows of all parts by an order that rises in each part.

    Returns:
        How many rows of each part are chosen, at its beginning or end; and the places of all chosen rows in the parts
        one behind the other, in order.
    """
    if not parts:
        return [], np.empty(0, dtype=np.int64)
    whole = np.argsort(np.concatenate(orders), kind="stable")
    chosen = whole[-count:] if newest else whole[:count]
    ends = np.cumsum([len(part.times) for part in parts])
    counts = np.bincount(np.searchsorted(ends, chosen, side="right"), minlength=len(parts))
    return [int(one) for one in counts], chosen


async def _decoded(source: PageSource, parts: Sequence[_Part], rows: NDArray[np.int64]) -> pa.Table:
    tables = []
    first = np.cumsum([0, *(len(part.times) for part in parts)])
    order: list[int] = []
    for number, part in enumerate(parts):
        own = np.sort(rows[(rows >= first[number]) & (rows < first[number + 1])])
        order += own.tolist()
        if len(own):
            picked = part.records.take(pa.array(own - first[number]))
            await prepare(source.decoder, [Chunk(part.place.topic, part.place.partition, picked, 0, 0, 0)])
            tables.append(columns_of(part.place.topic, picked, source.decoder.decode(picked, part.place.topic)))
    if not tables:
        return SEARCHED.empty_table()
    places = {row: at for at, row in enumerate(order)}
    return pa.concat_tables(tables).take(pa.array([places[row] for row in rows.tolist()]))
