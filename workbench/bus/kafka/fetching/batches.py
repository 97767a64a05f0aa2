"""Decodes record batches, as `batch_headers.scan` lists them, into Arrow columns; `legacy` reads the older formats.

Pure functions of bytes and bounds, which may run in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import google_crc32c
import numpy as np
import pyarrow as pa

from workbench.bus.kafka.fetching import compression, legacy
from workbench.bus.kafka.fetching.batch_headers import ABORTED, CONTROL, DATA
from workbench.bus.kafka.fetching.compression import Workspace
from workbench.bus.kafka.fetching.records import CorruptRecords, OversizedRecords, parse
from workbench.bus.oversized import DEFAULT_LARGEST
from workbench.model.records.chunk import Gap
from workbench.model.records.columns import HEADERS, RECORD
from workbench.model.records.record import TimestampType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.bus.kafka.fetching.batch_headers import Batch

    Ints: TypeAlias = NDArray[np.int64]
    Bytes: TypeAlias = bytes | memoryview
    Place: TypeAlias = tuple[Bytes, int, int]
    """The records of a batch uncompressed, their number, and the timestamp (ms) that their deltas count from."""

_CRC_FROM = 21
"""The checksum begins at the attributes: the broker sets base offset and leader epoch without computing it anew."""
_RECORDS_FROM = 61
_FORMAT = 2
_CODEC = 0x07
_APPEND_TIME = 0x08


@dataclass(frozen=True, slots=True)
class Decoded:
    """The records of some batches between two offsets, and what was left out between them."""

    records: pa.RecordBatch
    next: int
    control: int
    aborted: int
    gaps: tuple[Gap, ...]


def decode(
    data: Bytes,
    partition: int,
    batches: Sequence[Batch],
    start: int,
    stop: int | None,
    *,
    workspace: Workspace | None = None,
    largest: int = DEFAULT_LARGEST,
) -> Decoded:
    """Turn scanned batches into columns: records at or after ``start`` and before ``stop`` (None: no bound).

    Bytes that are not valid records become a `Gap` with reason ``corrupt``; the batches around them are still read.
    Compressed batches are decompressed into the ``workspace``; a caller that decodes often keeps one for all
    calls. The columns are copies and do not refer to it.

    Raises:
        OversizedRecords: They unpack to more than `compression.MOST_BYTES`, or one is larger than ``largest`` bytes.
    """
    after = batches[-1].last_offset + 1 if batches else start
    bounds = (start, after if stop is None else stop)
    kept = [batch for batch in batches if batch.kind == DATA and batch.overlap(*bounds)]
    tables, gaps = _tables(_Source(memoryview(data), partition, workspace or Workspace(), largest), kept)
    records = within(tables, bounds)
    return Decoded(
        records=records,
        next=max(start, min(after, bounds[1])),
        control=sum(batch.overlap(*bounds) for batch in batches if batch.kind == CONTROL),
        aborted=sum(min(batch.record_count, batch.overlap(*bounds)) for batch in batches if batch.kind == ABORTED),
        gaps=tuple(Gap("corrupt", max(g.start, start), min(g.stop, bounds[1])) for g in gaps),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The bytes of one partition, the memory to decompress them into, and the largest record to read."""

    data: memoryview
    partition: int
    workspace: Workspace
    largest: int


def _tables(source: _Source, batches: Sequence[Batch]) -> tuple[list[pa.RecordBatch], list[Gap]]:
    """Read all batches in one call; when that fails, one by one, to find the corrupt ones."""
    if not batches:
        return [], []
    try:
        return [_table(source, batches)], []
    except (CorruptRecords, compression.CompressionError):
        if len(batches) == 1:
            return [], [Gap("corrupt", batches[0].base_offset, batches[0].last_offset + 1)]
    tables, gaps = [], []
    for batch in batches:
        good, bad = _tables(source, [batch])
        tables += good
        gaps += bad
    return tables, gaps


def _table(source: _Source, batches: Sequence[Batch]) -> pa.RecordBatch:
    if any(batch.magic < _FORMAT for batch in batches):
        if len(batches) > 1:
            raise CorruptRecords("formats are mixed: read them one by one")
        return legacy.table(source.data, source.partition, batches[0].at, batches[0].stop, largest=source.largest)
    buffer, places = _uncompressed(source, batches)
    return make_table(buffer, places, source.partition, batches, largest=source.largest)


def make_table(
    buffer: Bytes,
    places: Sequence[tuple[int, int, int]],
    partition: int,
    batches: Sequence[Batch],
    *,
    largest: int,
) -> pa.RecordBatch:
    """Turn unpacked records of batches into columns.

    Args:
        buffer: Holds the records.
        places: Where those of each batch begin and end, and their number.
        partition: Number of the partition.
        batches: One for each place.
        largest: Bytes of the largest record that is read.

    Raises:
        CorruptRecords: The bytes are no records of these batches.
        OversizedRecords: A record is larger.
    """
    offset_delta, timestamp_delta, *payload = parse(buffer, places, HEADERS, largest)
    counts = [count for _, _, count in places]
    offset = _spread([batch.base_offset for batch in batches], counts) + offset_delta
    last = _spread([batch.last_offset for batch in batches], counts)
    # Compaction leaves holes between the offsets of a batch, so only their bounds can be checked.
    if np.any(offset_delta < 0) or np.any(offset > last):
        raise CorruptRecords("an offset lies outside its batch")
    timestamp, kinds = _timestamps(timestamp_delta, batches, counts)
    number = np.full(len(offset), partition, np.int32)
    columns = [_column(number, pa.int32()), _column(offset, pa.int64()), timestamp, kinds, *payload]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD)


def _timestamps(deltas: Ints, batches: Sequence[Batch], counts: Sequence[int]) -> tuple[pa.Array, pa.Array]:
    """Return the timestamp (ms) and timestamp type of each record."""
    appended = np.array([bool(batch.attributes & _APPEND_TIME) for batch in batches])
    timestamp = _spread([batch.base_timestamp for batch in batches], counts) + deltas
    kinds = np.full(len(timestamp), TimestampType.CREATE, np.int8)
    if appended.any():
        # With LogAppendTime the broker writes its time into the max timestamp of the batch, and leaves the deltas of
        # the records as the producer sent them.
        by_broker = np.repeat(appended, counts)
        timestamp = np.where(by_broker, _spread([batch.max_timestamp for batch in batches], counts), timestamp)
        kinds[by_broker] = TimestampType.APPEND
    return _column(timestamp, pa.int64()), _column(kinds, pa.int8())


def _column(values: NDArray[np.integer[Any]], kind: pa.DataType) -> pa.Array:
    """Make a column of numbers without nulls; pa.array would import pandas, which is most of a command's start."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _uncompressed(source: _Source, batches: Sequence[Batch]) -> tuple[Bytes, list[tuple[int, int, int]]]:
    """Check the checksums and return the records uncompressed: the bytes themselves, or all batches joined.

    Each place is where a batch's records begin and end, and their number.
    """
    whole = pa.py_buffer(source.data)
    if not all(_is_whole(whole, batch) for batch in batches):
        raise CorruptRecords("the checksum differs")
    # The usual case of uncompressed batches needs no copy: the parser reads the answer itself.
    if all(batch.attributes & _CODEC == compression.NONE for batch in batches):
        if sum(batch.stop - batch.at for batch in batches) > compression.MOST_BYTES:
            raise OversizedRecords("the batches hold more than is copied at once")
        return source.data, [(batch.at + _RECORDS_FROM, batch.stop, batch.record_count) for batch in batches]
    source.workspace.begin()
    places = []
    for batch in batches:
        packed = source.data[batch.at + _RECORDS_FROM : batch.stop]
        places.append((*source.workspace.add(batch.attributes & _CODEC, packed), batch.record_count))
    return source.workspace.data, places


def record_place(data: memoryview, batch: Batch, workspace: Workspace, *, by_broker: bool) -> Place | None:
    """Return where the records of a batch lie uncompressed; valid until the workspace is used for the next one.

    None where that does not tell its records: it is damaged, was aborted, has holes or an older format, unpacks to more
    than a workspace holds, or the broker did not set the time of its records although it was to do so (``by_broker``),
    or the reverse.
    """
    attributes, count = batch.attributes, batch.last_offset - batch.base_offset + 1
    if batch.kind != DATA or batch.magic < _FORMAT or batch.record_count != count:
        return None
    if bool(attributes & _APPEND_TIME) != by_broker or not _is_whole(pa.py_buffer(data), batch):
        return None
    codec, packed = packed_records(data, batch)
    if codec == compression.NONE:
        return packed, count, batch.base_timestamp
    workspace.begin()
    try:
        workspace.add(codec, packed)
    except (compression.CompressionError, OversizedRecords):
        return None
    return workspace.data, count, batch.base_timestamp


def _is_whole(data: pa.Buffer, batch: Batch) -> bool:
    """Compare the checksum of a batch; in an Arrow buffer: of a memoryview a copy would be needed."""
    start = batch.at + _CRC_FROM
    return bool(google_crc32c.value(data.slice(start, batch.stop - start)) == batch.crc)


def _spread(values: Sequence[int], counts: Sequence[int]) -> Ints:
    return np.repeat(np.array(values, np.int64), counts)


def packed_records(data: memoryview, batch: Batch) -> tuple[int, memoryview]:
    """Return the codec of a batch of format 2, and its records as they were sent."""
    return batch.attributes & _CODEC, data[batch.at + _RECORDS_FROM : batch.stop]


def within(tables: Sequence[pa.RecordBatch], bounds: tuple[int, int]) -> pa.RecordBatch:
    """Join tables of ascending offsets, and keep the records between two offsets."""
    if not tables:
        return NO_RECORDS
    whole = tables[0] if len(tables) == 1 else pa.concat_batches(tables)
    column = whole.column("offset")
    # The memory itself, because to_numpy imports pandas as pa.array does.
    offsets = np.frombuffer(column.buffers()[1] or b"", np.int64)[column.offset : column.offset + len(column)]
    low, high = np.searchsorted(offsets, bounds)
    return whole.slice(low, high - low)


NO_RECORDS = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in RECORD], schema=RECORD)
