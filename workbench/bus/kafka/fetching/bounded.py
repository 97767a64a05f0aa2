"""Decodes fetched batches within a bound of memory, in as many parts as that takes.

What fits is decoded at once. Batches that unpack to more than `compression.MOST_BYTES` are read one by one, and such a
batch piece by piece; a record above the limit becomes a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.kafka.fetching.batches import NO_RECORDS, Decoded, decode, make_table, packed_records, within
from workbench.bus.kafka.fetching.compression import CompressionError, unpacking
from workbench.bus.kafka.fetching.pieces import Oversized, pieces
from workbench.bus.kafka.fetching.records import CorruptRecords, OversizedRecords
from workbench.bus.oversized import oversized_record, oversized_records
from workbench.model.records.chunk import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.bus.kafka.fetching.batch_headers import Batch
    from workbench.bus.kafka.fetching.compression import Workspace

_FORMAT = 2


def decode_bounded(
    data: memoryview,
    partition: int,
    batches: Sequence[Batch],
    start: int,
    stop: int | None,
    *,
    workspace: Workspace,
    largest: int,
) -> Iterator[Decoded]:
    """Turn scanned batches into columns as `batches.decode` does; each part begins where the one before ended.

    Args:
        data: The bytes of a fetch answer.
        partition: Number of the partition.
        batches: Its batches, in offset order.
        start: First offset that is wanted.
        stop: End offset, exclusive; None for no bound.
        workspace: Memory to unpack into.
        largest: Bytes of the largest record that is read.
    """
    try:
        whole = decode(data, partition, batches, start, stop, workspace=workspace, largest=largest)
    except OversizedRecords:
        if len(batches) == 1:
            after = batches[0].last_offset + 1
            bounds = (start, after if stop is None else min(after, stop))
            yield from _in_pieces(data, partition, batches[0], bounds, largest)
            return
    else:
        yield whole
        return
    for batch in batches:
        for part in decode_bounded(data, partition, [batch], start, stop, workspace=workspace, largest=largest):
            yield part
            start = part.next


def _in_pieces(
    data: memoryview, partition: int, batch: Batch, bounds: tuple[int, int], largest: int
) -> Iterator[Decoded]:
    """Read one batch of records; its checksum has been compared by the attempt to read it whole."""
    at, after = bounds
    try:
        if batch.magic < _FORMAT:
            raise OversizedRecords  # noqa: TRY301 - its parser takes a message as a whole
        for part in _parts(data, partition, batch, bounds, largest):
            if part.next > at:
                yield part
                at = part.next
            if at >= after:
                return
        # Compaction leaves offsets without a record at the end of a batch.
        yield Decoded(NO_RECORDS, after, 0, 0, ())
    except OversizedRecords:
        yield Decoded(NO_RECORDS, after, 0, 0, (oversized_records(at, after, largest),))
    except (CorruptRecords, CompressionError):
        yield Decoded(NO_RECORDS, after, 0, 0, (Gap("corrupt", at, after),))


def _parts(data: memoryview, partition: int, batch: Batch, bounds: tuple[int, int], largest: int) -> Iterator[Decoded]:
    """Give the pieces of a batch, in ascending offsets; those before the bounds may be empty."""
    read = unpacking(*packed_records(data, batch))
    last = batch.base_offset - 1
    for piece in pieces(read, batch.record_count, largest):
        if isinstance(piece, Oversized):
            offset = batch.base_offset + piece.offset_delta
            if not last < offset <= batch.last_offset:
                raise CorruptRecords("an offset lies outside its batch")
            inside = bounds[0] <= offset < bounds[1]
            gaps = (oversized_record(offset, piece.size_bytes, largest),) if inside else ()
            yield Decoded(NO_RECORDS, min(offset + 1, bounds[1]), 0, 0, gaps)
            last = offset
        else:
            table = make_table(piece.data, [(0, len(piece.data), piece.count)], partition, [batch], largest=largest)
            first, before = table["offset"][0].as_py(), last
            last = table["offset"][-1].as_py()
            if first <= before:
                raise CorruptRecords("offsets of a batch do not ascend")
            yield Decoded(within([table], bounds), min(last + 1, bounds[1]), 0, 0, ())
