"""The memory that batches are unpacked into: grown, used again, bounded."""

from __future__ import annotations

import gzip
from functools import partial

import batch_bytes
import cramjam
import pytest

from workbench.bus.kafka.fetching import compression
from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.fetching.batches import decode
from workbench.bus.kafka.fetching.compression import (
    GZIP,
    LZ4,
    NONE,
    SNAPPY,
    ZSTD,
    CompressionError,
    Workspace,
    unpacking,
)
from workbench.bus.kafka.fetching.records import OversizedRecords

PACK = {
    NONE: lambda data: data,
    GZIP: gzip.compress,
    SNAPPY: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    LZ4: lambda data: bytes(cramjam.lz4.compress(data)),
    ZSTD: lambda data: bytes(cramjam.zstd.compress(data)),
}


def packed(codec: int, data: bytes) -> memoryview:
    return memoryview(PACK[codec](data))


@pytest.mark.parametrize("size", [0, 1, 1000, 3 << 20])
def test_batches_of_all_codecs_lie_one_after_another(size):
    workspace = Workspace()
    for turn in range(2):
        workspace.begin()
        parts = [bytes([65 + codec + turn]) * size for codec in PACK]
        places = [workspace.add(codec, packed(codec, part)) for codec, part in zip(PACK, parts, strict=True)]
        assert [bytes(workspace.data[start:stop]) for start, stop in places] == parts
        assert len(workspace.data) == sum(map(len, parts))


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_bytes_that_are_no_such_data_are_refused_and_what_was_laid_out_stays(codec):
    workspace = Workspace()
    first = workspace.add(ZSTD, packed(ZSTD, b"kept" * 100))
    for broken in (b"\x01\x02\x03\x04", bytes(packed(codec, b"abc" * 1000))[:-3]):
        with pytest.raises(CompressionError):
            workspace.add(codec, memoryview(broken))
    assert bytes(workspace.data[slice(*first)]) == b"kept" * 100


def test_a_codec_that_nobody_knows_is_refused():
    with pytest.raises(CompressionError, match="codec 7"):
        Workspace().add(7, memoryview(b""))


def xerial(data: bytes) -> bytes:
    """Frame blocks of 32 KiB as Java clients do."""
    blocks = [bytes(cramjam.snappy.compress_raw(data[at : at + (1 << 15)])) for at in range(0, len(data), 1 << 15)]
    return b"\x82SNAPPY\x00" + bytes(8) + b"".join(len(one).to_bytes(4, "big") + one for one in blocks)


@pytest.mark.parametrize("pack", [*(PACK[codec] for codec in (GZIP, SNAPPY, LZ4, ZSTD)), xerial])
def test_a_few_bytes_that_unpack_to_very_many_are_not_unpacked_at_once(pack, monkeypatch):
    monkeypatch.setattr(compression, "MOST_BYTES", 4 << 20)
    codec = {PACK[known]: known for known in PACK}.get(pack, SNAPPY)
    workspace = Workspace()
    with pytest.raises(OversizedRecords):
        workspace.add(codec, memoryview(pack(bytes(64 << 20))))
    assert workspace.add(codec, memoryview(pack(bytes(3 << 20)))) == (0, 3 << 20)


@pytest.mark.parametrize("pack", [*PACK.values(), xerial])
def test_bytes_are_unpacked_step_by_step(pack):
    codec = {PACK[known]: known for known in PACK}.get(pack, SNAPPY)
    data = bytes(range(256)) * 1000
    read = unpacking(codec, memoryview(pack(data)))
    found = []
    while step := read(10_007):
        assert len(step) <= 10_007
        found.append(step)
    assert b"".join(found) == data


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_bytes_that_are_no_such_data_are_refused_step_by_step_too(codec):
    for broken in (b"\x01\x02\x03\x04", bytes(packed(codec, bytes(range(256)) * 99))[:-3]):
        steps = iter(partial(unpacking(codec, memoryview(broken)), 1 << 20), b"")
        with pytest.raises(CompressionError):
            list(steps)
    with pytest.raises(CompressionError, match="codec 7"):
        unpacking(7, memoryview(b""))


def test_columns_do_not_refer_to_the_memory_they_were_unpacked_in():
    workspace = Workspace()
    data = [
        batch_bytes.batch(0, [(0, 1, b"k", letter * 50, [(b"n", letter)])], attributes=ZSTD, compress=PACK[ZSTD])
        for letter in (b"a", b"b")
    ]
    found = [decode(one, 0, scan(one, 0, len(one)), 0, None, workspace=workspace).records for one in data]
    assert [table["value"][0].as_py() for table in found] == [b"a" * 50, b"b" * 50]
    assert [table["headers"][0].as_py()[0]["value"] for table in found] == [b"a", b"b"]
