"""How captured records are cut into the batches that a transform reads."""

from __future__ import annotations

import pyarrow as pa
import pytest
from wat_guests import records

from workbench.transforms.batches import cut_batches
from workbench.transforms.payload import decode_payload


def test_a_batch_ends_after_500_records():
    assert [len(one.records) for one in cut_batches(records([b"x"] * 1_200))] == [500, 500, 200]


def test_a_gap_a_partition_and_a_timestamp_type_end_a_batch():
    rows = pa.concat_tables(
        [
            records([b"a", b"b"]),
            records([b"c"], first=5),
            records([b"d"], first=6, timestamp_type=1, timestamp_ms=7),
            records([b"e"], first=7, timestamp_type=1, timestamp_ms=7),
            records([b"f"], first=8, timestamp_type=1, timestamp_ms=9),
            records([b"g"], first=9, timestamp_type=1, timestamp_ms=9, partition=1),
        ]
    )
    cut = list(cut_batches(rows))
    assert [[record.offset for record in one.records] for one in cut] == [[0, 1], [5], [6, 7], [8], [9]]
    assert [one.attributes for one in cut] == [0, 0, 8, 8, 8]
    assert [one.max_timestamp_ms for one in cut] == [1001, 1000, 7, 9, 9]
    assert cut[-1].partition == 1


def test_large_records_end_a_batch_before_memory_does():
    cut = list(cut_batches(records([b"x" * (3 << 20)] * 4)))
    assert [len(one.records) for one in cut] == [2, 2]
    assert cut[0].largest_payload == len(cut[0].records[0].payload)


@pytest.mark.parametrize("value", [None, b"", b"\xff\x00"])
def test_bytes_are_exact(value):
    (cut,) = cut_batches(records([value], headers=[{"name": b"h", "value": None}, {"name": b"h", "value": b""}]))
    payload = decode_payload(cut.records[0].payload)
    assert (payload.key, payload.value, payload.headers) == (b"k0", value, ((b"h", None), (b"h", b"")))


def test_what_follows_a_record_can_be_taken():
    (cut,) = cut_batches(records([b"a", b"b"]))
    assert [record.offset for record in cut.after(0).records] == [1]
    assert cut.after(1) is None
