"""Decompresses record batches into memory that is used again for the next ones.

Allocating new memory for every answer would cost more than the decompression itself. What unpacks to more than
`MOST_BYTES` is read as a stream instead: a few kilobytes can hold gigabytes.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import TYPE_CHECKING, Any

import cramjam
import numpy as np
import pyarrow as pa

from workbench.bus.kafka.fetching.records import OversizedRecords
from workbench.bus.kafka.fetching.small_frames import SmallFrames
from workbench.text import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)

MOST_BYTES = 32 << 20
"""Most bytes that one run of batches may decompress to at once."""
_STREAMS = {GZIP: "gzip", LZ4: "lz4", ZSTD: "zstd"}
_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16
_BLOCK = Struct(">i")
_INTO: dict[int, Callable[[Any, Any], int]] = {LZ4: cramjam.lz4.decompress_into, ZSTD: cramjam.zstd.decompress_into}
_NO_ROOM = "failed to write whole buffer"
_USUAL_RATIO = 4
"""First guess of the decompressed size: the lz4 and zstd frames of Kafka clients need not carry it."""
_SMALLEST_ROOM = 1 << 20
_TOO_MUCH = f"uncompressed, the records hold more than {size_text(MOST_BYTES)}"


class CompressionError(ValueError):
    """The bytes are not valid for their codec."""


class Workspace:
    """Memory for decompressed batches, one after another. Not for several threads at once."""

    def __init__(self) -> None:
        self._memory: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._end = 0
        self._small_frames = SmallFrames()

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
            CompressionError: Unknown codec, or bytes that it refuses.
            OversizedRecords: With what was added before they are more than `MOST_BYTES`.
        """
        start = self._end
        whole = self._whole(codec, packed)
        if whole is None:
            self._end = start + self._unpack(_INTO[codec], packed)
        else:
            self._reserve(len(whole))
            self._memory[start : start + len(whole)] = np.frombuffer(whole, np.uint8)
            self._end = start + len(whole)
        return start, self._end

    def _whole(self, codec: int, packed: memoryview) -> memoryview | bytes | None:
        """Return the records where they are unpacked elsewhere first; None for what is unpacked into the memory."""
        if codec == ZSTD:
            return self._small_frames.unpacked(packed)
        if codec in _INTO:
            return None
        return packed if codec == NONE else _decompress(codec, packed)

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
            raise OversizedRecords(_TOO_MUCH)
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
    if stream.eof:
        return memoryview(whole)
    if len(whole) < MOST_BYTES:
        raise CompressionError("a gzip stream is cut off")
    raise OversizedRecords(_TOO_MUCH)


def _snappy(data: memoryview) -> memoryview:
    blocks = []
    size = 0
    for block in _snappy_blocks(data):
        size += len(block)
        if size > MOST_BYTES:
            raise OversizedRecords(_TOO_MUCH)
        blocks.append(block)
    return blocks[0] if len(blocks) == 1 else memoryview(b"".join(blocks))


def _snappy_blocks(data: memoryview) -> Iterator[memoryview]:
    """Unpack raw snappy, or the framed blocks that Java clients write (xerial), one by one."""
    if data[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        yield _snappy_block(data)
        return
    at = _XERIAL_HEADER
    while at + _BLOCK.size <= len(data):
        (size,) = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        if size < 0 or at + size > len(data):
            raise CompressionError("a snappy block leads out of the batch")
        yield _snappy_block(data[at : at + size])
        at += size


def _snappy_block(data: memoryview) -> memoryview:
    # The size stands before the block, and memory is taken for it before anything is unpacked.
    if cramjam.snappy.decompress_raw_len(data) > MOST_BYTES:
        raise OversizedRecords(_TOO_MUCH)
    return memoryview(cramjam.snappy.decompress_raw(data))


def unpacking(codec: int, packed: memoryview) -> Callable[[int], bytes]:
    """Return a function that unpacks the next bytes, at most as many as it is asked for, and none at the end.

    Raises:
        CompressionError: Unknown codec. The function raises it for bytes that the codec refuses.
    """
    if codec == SNAPPY:
        return _Blocks(_snappy_blocks(packed)).read
    if codec != NONE and codec not in _STREAMS:
        raise CompressionError(f"codec {codec} is unknown")
    source = pa.BufferReader(packed)
    stream = source if codec == NONE else pa.CompressedInputStream(source, _STREAMS[codec])

    def read(size: int) -> bytes:
        try:
            return bytes(stream.read(size))
        except (OSError, pa.ArrowException) as error:
            raise CompressionError(str(error)) from error

    return read


class _Blocks:
    """Unpacked blocks, read as a stream."""

    def __init__(self, blocks: Iterator[memoryview]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._rest:
            try:
                following = next(self._blocks, None)
            except (cramjam.DecompressionError, ValueError) as error:
                raise CompressionError(str(error)) from error
            if following is None:
                return b""
            self._rest = following
        found, self._rest = self._rest[:size], self._rest[size:]
        return bytes(found)
