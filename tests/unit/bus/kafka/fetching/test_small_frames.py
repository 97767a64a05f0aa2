"""Small zstd frames through a decompressor that is kept: what it returns is what the usual way unpacks, or nothing."""

from __future__ import annotations

import random

import cramjam
import pytest
import zstandard

from workbench.bus.kafka.fetching.small_frames import SmallFrames

TEXT = b'{"order": 7, "state": "paid"}' * 20
NOISE = random.Random(1).randbytes(40_000)  # noqa: S311 - repeatable, not secret


def stream(data: bytes, *, checksum: bool = False) -> bytes:
    """Compress as Java clients do: the frame does not name its size."""
    maker = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=False).compressobj()
    return maker.compress(data) + maker.flush()


@pytest.mark.parametrize("data", [b"", b"a", TEXT, TEXT * 40, b"a" * 500, NOISE[:20_000]])
def test_one_frame_is_unpacked_whatever_wrote_it(data):
    frames = SmallFrames()
    usual = bytes(cramjam.zstd.compress(data))
    for packed in (usual, stream(data), stream(data, checksum=True), zstandard.compress(data)):
        found = frames.unpacked(memoryview(packed))
        assert found == data or len(data) > 32 * len(packed)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x28\xb5\x2f\xfd",
        b"\x01\x02\x03\x04 no frame",
        stream(TEXT)[:-1],
        stream(TEXT, checksum=True)[:-1],
        stream(TEXT, checksum=True)[:-4] + b"\0\0\0\0",
        stream(TEXT) + stream(TEXT),
        stream(TEXT) + b"x",
        b"\x50\x2a\x4d\x18\x04\0\0\0skip" + stream(TEXT),
        stream(bytes(1 << 20)),
        zstandard.compress(bytes(1 << 20)),
        stream(NOISE),
    ],
    ids=(
        "nothing",
        "magic alone",
        "other bytes",
        "cut off",
        "checksum cut off",
        "wrong checksum",
        "two frames",
        "bytes behind it",
        "a frame to skip",
        "bomb",
        "bomb that tells",
        "large",
    ),
)
def test_all_else_is_left_to_the_usual_way(packed):
    frames = SmallFrames()
    assert frames.unpacked(memoryview(packed)) is None
    assert frames.unpacked(memoryview(stream(TEXT))) == TEXT


def test_a_size_that_a_frame_claims_takes_no_memory():
    # A header of one segment whose content would be 2^62 bytes.
    claims = b"\x28\xb5\x2f\xfd" + bytes([0xE0]) + (1 << 62).to_bytes(8, "little") + bytes(8)
    assert SmallFrames().unpacked(memoryview(claims)) is None


def test_damaged_frames_raise_nothing():
    source, frames = random.Random(3), SmallFrames()  # noqa: S311 - repeatable, not secret
    for _ in range(3000):
        packed = bytearray(stream(TEXT, checksum=bool(source.getrandbits(1))))
        for _ in range(source.randint(1, 4)):
            packed[source.randrange(len(packed))] = source.getrandbits(8)
        assert isinstance(frames.unpacked(memoryview(packed)), bytes | None)
