"""Batches that unpack to more than fits: all records within the limit come, in parts, and the others are gaps."""

from __future__ import annotations

import gzip
import hashlib
import itertools

import batch_bytes
import cramjam
import pytest
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder

from workbench.bus.kafka.fetching import compression, pieces
from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.fetching.bounded import decode_bounded
from workbench.bus.kafka.fetching.compression import Workspace
from workbench.model import Gap

T = 1_700_000_000_000
LARGEST = 100_000
PACK = {
    0: bytes,
    1: gzip.compress,
    2: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    3: lambda data: bytes(cramjam.lz4.compress(data)),
    4: lambda data: bytes(cramjam.zstd.compress(data)),
}


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(compression, "MOST_BYTES", 200_000)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 50_000)


def value(offset: int, size: int) -> bytes:
    return hashlib.sha512(offset.to_bytes(8)).digest() * (size // 64)


def read(data: bytes, start: int = 0, stop: int | None = None) -> tuple[dict[int, bytes], list[Gap], int]:
    found: dict[int, bytes] = {}
    gaps: list[Gap] = []
    at = start
    batches = [batch for batch in scan(data, 0, len(data)) if batch.last_offset >= start]
    for part in decode_bounded(memoryview(data), 3, batches, start, stop, workspace=Workspace(), largest=LARGEST):
        part.records.validate(full=True)
        offsets = part.records["offset"].to_pylist()
        assert all(at <= offset < part.next for offset in offsets)
        assert part.records.nbytes <= 400_000
        found |= dict(zip(offsets, part.records["value"].to_pylist(), strict=True))
        gaps += part.gaps
        at = part.next
    return found, gaps, at


def batch(first: int, sizes: list[int], codec: int, **options: int) -> bytes:
    rows = [(first + number, T, b"k", value(first + number, size), ()) for number, size in enumerate(sizes)]
    return batch_bytes.batch(first, rows, attributes=codec, compress=PACK[codec], **options)


@pytest.mark.parametrize("codec", [0, 1, 3, 4])  # raw snappy is unpacked as a whole or not at all
@pytest.mark.parametrize("sizes", [[30_000] * 40, [64] * 9000, [90_000, 64] * 10])
def test_a_batch_of_megabytes_is_read_in_parts(codec, sizes):
    found, gaps, at = read(batch(0, sizes, codec))
    assert (gaps, at) == ([], len(sizes))
    assert found == {offset: value(offset, size) for offset, size in enumerate(sizes)}


@pytest.mark.parametrize("codec", PACK)
def test_a_record_above_the_limit_is_a_gap_that_names_its_size(codec):
    found, gaps, at = read(batch(0, [64, 150_016, 64], codec) + batch(3, [640], codec))
    assert sorted(found) == [0, 2, 3]
    assert [(gap.start, gap.stop) for gap in gaps] == [(1, 2)]
    assert "oversized: a record of 150,0" in gaps[0].reason
    assert "max_record_mb" in gaps[0].reason
    assert at == 4


@pytest.mark.parametrize("codec", [1, 3, 4])
def test_a_bomb_among_ordinary_batches_costs_nothing_but_itself(codec):
    bomb = batch_bytes.batch(5, [(5, T, b"k", bytes(30 << 20), ())], attributes=codec, compress=PACK[codec])
    assert len(bomb) < 1 << 20
    found, gaps, at = read(batch(0, [640] * 5, codec) + bomb + batch(6, [640] * 5, codec))
    assert sorted(found) == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert [(gap.start, gap.stop) for gap in gaps] == [(5, 6)]
    assert at == 11


def test_records_that_can_only_be_unpacked_together_are_one_gap():
    found, gaps, at = read(batch(0, [64], 2) + batch(1, [30_016] * 20, 2) + batch(21, [64], 2))
    assert sorted(found) == [0, 21]
    assert [(gap.start, gap.stop) for gap in gaps] == [(1, 21)]
    assert gaps[0].reason.startswith("oversized")
    assert at == 22


@pytest.mark.parametrize(("start", "stop"), list(itertools.product([0, 7, 25], [26, 33, None])))
def test_bounds_inside_such_a_batch_hold(start, stop):
    sizes = [30_016] * 40
    sizes[10] = sizes[30] = 200_000
    found, gaps, at = read(batch(0, sizes, 4), start, stop)
    end = stop or 40
    assert sorted(found) == [o for o in range(start, end) if o not in (10, 30)]
    assert [gap.start for gap in gaps] == [o for o in (10, 30) if start <= o < end]
    assert at == end


def test_offsets_that_compaction_emptied_are_passed():
    rows = [(offset, T, b"k", value(offset, 30_016), ()) for offset in range(0, 60, 2)]
    found, gaps, at = read(batch_bytes.batch(0, rows, last=80, attributes=4, compress=PACK[4]))
    assert (sorted(found), gaps, at) == (list(range(0, 60, 2)), [], 81)


def test_damage_behind_the_first_piece_is_a_gap_to_the_end_of_the_batch():
    laid = b"".join(batch_bytes.record(offset, 0, b"k", value(offset, 30_016)) for offset in range(20))
    damaged = batch_bytes.raw_batch(0, PACK[4](laid[:-1]), count=20, last=19, attributes=4)
    found, gaps, at = read(damaged + batch(20, [64], 4))
    assert sorted(found) == [*range(gaps[0].start), 20]
    assert (gaps, at) == ([Gap("corrupt", gaps[0].start, 20)], 21)
    assert 0 < gaps[0].start < 20


def test_offsets_that_do_not_ascend_are_damage():
    laid = b"".join(batch_bytes.record(5, 0, b"k", value(offset, 30_016)) for offset in range(20))
    found, gaps, _ = read(batch_bytes.raw_batch(0, PACK[4](laid), count=20, last=19, attributes=4))
    assert sorted(found) == [5]
    assert gaps == [Gap("corrupt", 6, 20)]


@pytest.mark.parametrize("magic", [0, 1])
def test_a_set_of_messages_of_an_old_format_is_measured_before_it_is_unpacked(magic):
    builder = LegacyRecordBatchBuilder(magic, 1, 1 << 24)
    for offset in range(20):
        builder.append(offset, T, b"k", value(offset, 30_016))
    _, gaps, _ = read(bytes(builder.build()))
    assert [gap.reason.partition(":")[0] for gap in gaps] == ["oversized"]
