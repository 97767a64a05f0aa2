"""Decompresses record batches into memory that is used again for the next ones.

Allocating new memory for every answer would cost more than the decompression itself.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import TYPE_CHECKING, Any

import cramjam
import numpy as np

from workbench.text import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)

MOST_BYTES = 1 << 30
"""Most bytes that one run of batches may decompress to: a few kilobytes can claim to be terabytes."""
_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16
_BLOCK = Struct(">i")
_INTO: dict[int, Callable[[Any, Any], int]] = {LZ4: cramjam.lz4.decompress_into, ZSTD: cramjam.zstd.decompress_into}
_NO_ROOM = "failed to write whole buffer"
_USUAL_RATIO = 4
"""First guess of the decompressed size: the lz4 and zstd frames of Kafka clients need not carry it."""
_SMALLEST_ROOM = 1 << 20


class CompressionError(ValueError):
    """The bytes are not valid for their codec, or decompress to more than `MOST_BYTES`."""


class Workspace:
    """Memory for decompressed batches, one after another. Not for several threads at once."""

    def __init__(self) -> None:
        self._memory: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._end = 0

    @property
    def data(self) -> memoryview:
        """The batches that were added since `begin`; valid until the next `begin`."""
        return memoryview(self._memory[: self._end])  # type: ignore[arg-type]  # numpy arrays are buffers

    def begin(self) -> None:
        """Start anew; the memory is kept and used again."""
        self._end = 0

    def add(self, codec: int, packed: memoryview) -> tuple[int, int]:
        """Decompress the records of a batch; returns the indexes where they begin and end in `data`.

        Raises:
            CompressionError: Unknown codec, bytes that it refuses, or too many.
        """
        start = self._end
        unpack = _INTO.get(codec)
        if unpack is None:
            whole = packed if codec == NONE else _decompress(codec, packed)
            self._reserve(len(whole))
            self._memory[start : start + len(whole)] = np.frombuffer(whole, np.uint8)
            self._end = start + len(whole)
        else:
            self._end = start + self._unpack(unpack, packed)
        return start, self._end

    def _unpack(self, unpack: Callable[[Any, Any], int], packed: memoryview) -> int:
        self._reserve(min(_USUAL_RATIO * len(packed), MOST_BYTES - self._end))
        while True:
            try:
                # Only a success moves the end, so what a failed attempt wrote is overwritten by the next.
                return unpack(packed, self._memory[self._end :])
            except cramjam.DecompressionError as error:
                # Too little room is told by its text alone; then the room is doubled and the batch begun again.
                if _NO_ROOM not in str(error):
                    raise CompressionError(str(error)) from error
            self._reserve(2 * (len(self._memory) - self._end) + _SMALLEST_ROOM)

    def _reserve(self, size: int) -> None:
        """Make room for more bytes behind the batches that were added."""
        needed = self._end + size
        if needed <= len(self._memory):
            return
        if len(self._memory) >= MOST_BYTES or self._end + size // 2 > MOST_BYTES:
            raise CompressionError(f"uncompressed, the batches hold more than {size_text(MOST_BYTES)}")
        memory = np.empty(min(max(needed, 2 * len(self._memory), _SMALLEST_ROOM), MOST_BYTES), np.uint8)
        memory[: self._end] = self._memory[: self._end]
        self._memory = memory


def _decompress(codec: int, data: memoryview) -> memoryview:
    try:
        if codec == GZIP:
            return _gzip(data)
        if codec == SNAPPY:
            return _snappy(data)
    except (cramjam.DecompressionError, zlib.error, ValueError) as error:
        raise CompressionError(str(error)) from error
    raise CompressionError(f"codec {codec} is unknown")


def _gzip(data: memoryview) -> memoryview:
    # 31: a gzip header, not zlib's. The output is bounded, so a small batch cannot fill the memory.
    stream = zlib.decompressobj(wbits=31)
    whole = stream.decompress(data, MOST_BYTES)
    if not stream.eof:
        raise CompressionError("a gzip stream is cut off or holds too much")
    return memoryview(whole)


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
