"""The five compressions of record batches."""

from __future__ import annotations

import zlib
from struct import Struct

import cramjam

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)

_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16
_BLOCK = Struct(">i")


class CompressionError(ValueError):
    """The bytes are no data of the codec they claim."""


def decompress(codec: int, data: memoryview) -> memoryview:
    """Undo the compression of a batch's records.

    Raises:
        CompressionError: Unknown codec, or bytes that it refuses.
    """
    try:
        if codec == GZIP:
            return memoryview(zlib.decompress(data, wbits=31))
        if codec == SNAPPY:
            return _snappy(data)
        if codec == LZ4:
            return memoryview(cramjam.lz4.decompress(data))
        if codec == ZSTD:
            return memoryview(cramjam.zstd.decompress(data))
    except (cramjam.DecompressionError, zlib.error, ValueError) as error:
        raise CompressionError(str(error)) from error
    raise CompressionError(f"codec {codec} is unknown")


def _snappy(data: memoryview) -> memoryview:
    """Read raw snappy, or the framed blocks that Java clients write (xerial)."""
    if data[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return memoryview(cramjam.snappy.decompress_raw(data))
    blocks = []
    at = _XERIAL_HEADER
    while at + _BLOCK.size <= len(data):
        (size,) = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        if size < 0 or at + size > len(data):
            raise CompressionError("a snappy block leads out of the batch")
        blocks.append(memoryview(cramjam.snappy.decompress_raw(data[at : at + size])))
        at += size
    return memoryview(b"".join(blocks))
