"""Fetched batches are compared where they lie where that can tell, and are taken apart otherwise."""

from __future__ import annotations

from collections import deque
from struct import Struct

import google_crc32c
import numpy as np
import pyarrow as pa
import pytest

from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.fetching.batches import record_place
from workbench.bus.kafka.fetching.compression import MOST_BYTES, Workspace
from workbench.bus.kafka.fetching.cursors import Cursor, FetchedBatches
from workbench.bus.kafka.fetching.stored import StoredBatches
from workbench.bus.kafka.producing.compressing import CODES
from workbench.bus.kafka.producing.encoding import ProducerFields, encode_batch
from workbench.bus.rows import header_column
from workbench.bus.stored import Marks, WantedRecords
from workbench.model import NewRecord, Span, TopicPartition
from workbench.model.records.chunk import Gap

BASE_MS = 1_700_000_000_000
FIRST, COUNT = 50, 3
RECORDS = [NewRecord("t", b"k%d" % at, b"v%d" % at, ((b"h", b"%d" % at),)) for at in range(2 * COUNT)]
TIMES = np.arange(2 * COUNT) + BASE_MS
"""Of two batches of three records."""


def batch(first, records, times, codec="none", attributes=0):
    data = bytearray(encode_batch(records, times.tolist(), ProducerFields(), CODES[codec]))
    data[:8] = first.to_bytes(8, "big")
    data[22] |= attributes
    data[17:21] = Struct(">I").pack(google_crc32c.value(bytes(data[21:])))
    return bytes(data)


def stored(*, start=FIRST, gaps=(), **how):
    data = b"".join(batch(FIRST + at, RECORDS[at : at + COUNT], TIMES[at : at + COUNT], **how) for at in (0, COUNT))
    cursor = Cursor(TopicPartition("t", 0), deque([Span("t", 0, start, None)]))
    batches = scan(data, 0, len(data))
    end = FIRST + 2 * COUNT
    fetched = FetchedBatches(cursor, memoryview(data), batches, start, None, end, end, 0, gaps)
    return StoredBatches(fetched, 1 << 20, Workspace())


def wanted(rows=slice(None), times=TIMES, marks=None):
    chosen = RECORDS[rows]
    bodies = (pa.array([getattr(one, name) for one in chosen], pa.binary()) for name in ("key", "value"))
    headers = header_column([one.headers for one in chosen])
    content = pa.RecordBatch.from_arrays([*bodies, headers], ["key", "value", "headers"])
    numbers = np.arange(FIRST, FIRST + 2 * COUNT)[rows]
    return WantedRecords(numbers, None if times is None else times[rows], content, numbers, marks)


def offsets_of(part):
    return [offset for chunk in part.chunks() for offset in chunk.records.column("offset").to_pylist()]


def test_what_is_wanted():
    assert stored().are(wanted())
    assert stored().next == FIRST + 2 * COUNT
    assert offsets_of(stored()) == list(range(FIRST, FIRST + 2 * COUNT))


def test_what_is_not():
    assert not stored().are(wanted(slice(0, 5)))
    assert not stored().are(wanted(times=TIMES + 1))
    assert not stored().are(wanted(marks=Marks(b"x-", (b"x-run", b"r"), b"x-number")))
    assert not stored(start=FIRST + 1).are(wanted(slice(1, None)))
    assert not stored(gaps=(Gap("expired", 0, FIRST),)).are(wanted())


@pytest.mark.parametrize("codec", CODES)
def test_compressed_batches(codec):
    assert stored(codec=codec).are(wanted())
    assert not stored(codec=codec).are(wanted(times=TIMES + 1))
    assert not stored(codec=codec, attributes=0x20).are(wanted())


def test_what_unpacks_to_more_than_a_workspace_holds_is_not_unpacked():
    large = NewRecord("t", None, bytes(MOST_BYTES), ())
    data = batch(0, [large], TIMES[:1], codec="lz4")
    place = record_place(memoryview(data), scan(data, 0, len(data))[0], Workspace(), by_broker=False)
    assert place is None


def test_batches_of_other_kinds():
    """Those of a transaction, the broker's own, and those that say another codec than theirs."""
    assert stored(attributes=0x10).are(wanted())
    assert not stored(attributes=0x20).are(wanted())
    assert not stored(attributes=CODES["zstd"]).are(wanted())
    assert not stored(attributes=7).are(wanted())


def test_times_of_the_broker():
    assert stored(attributes=0x08).are(wanted(times=None))
    assert not stored(attributes=0x08).are(wanted())
    assert not stored().are(wanted(times=None))


def test_a_damaged_batch():
    part = stored()
    data = bytearray(part.fetched.data)
    data[40] ^= 1  # in the header, of the base timestamp of nothing that is compared
    part.fetched.data = memoryview(bytes(data))
    assert not part.are(wanted(times=None))
    assert not part.are(wanted())


def test_split_between_two_batches_and_within_one():
    head, rest = stored().split(FIRST + COUNT)
    assert head.are(wanted(slice(0, COUNT)))
    assert rest.are(wanted(slice(COUNT, None)))
    assert (head.next, rest.next) == (FIRST + COUNT, FIRST + 2 * COUNT)
    head, rest = stored().split(FIRST + 1)
    assert not head.are(wanted(slice(0, 1)))
    assert offsets_of(head) == [FIRST]
    assert offsets_of(rest) == list(range(FIRST + 1, FIRST + 2 * COUNT))


def test_nothing_is_nothing():
    _, rest = stored().split(FIRST + 2 * COUNT)
    assert rest.are(wanted(slice(0, 0)))
    assert not rest.are(wanted())
    assert offsets_of(rest) == []
