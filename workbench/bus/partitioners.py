"""Computes the partition of keys as the three hash partitioners of Kafka clients do, for one key or a column.

Each takes the bytes of a key and a partition count. The column forms return ``-1`` for a null key, which has no hash.

Sources: murmur2 of the Java client (`org.apache.kafka.common.utils.Utils.murmur2`), CRC32 and FNV-1a as librdkafka
computes them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Words: TypeAlias = npt.NDArray[np.uint32]

_MASK = 0xFFFFFFFF
_MURMUR_SEED = 0x9747B28C
_MURMUR_M = 0x5BD1E995
_FNV_BASIS = 0x811C9DC5
_FNV_PRIME = 0x01000193
_BLOCK = 16_384
"""Keys hashed at a time: the working columns of a block stay in the processor's cache."""


def murmur2_hash(key: bytes) -> int:
    """Return Kafka's murmur2 hash of a key, as an unsigned 32-bit number."""
    h = _MURMUR_SEED ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _MURMUR_M & _MASK
        k = (k ^ k >> 24) * _MURMUR_M & _MASK
        h = (h * _MURMUR_M & _MASK) ^ k
    if tail := key[whole:]:
        h = (h ^ int.from_bytes(tail, "little")) * _MURMUR_M & _MASK
    h = (h ^ h >> 13) * _MURMUR_M & _MASK
    return h ^ h >> 15


def crc32_hash(key: bytes) -> int:
    """Return the CRC32 (IEEE) of a key, unsigned."""
    return zlib.crc32(key)


def fnv1a_hash(key: bytes) -> int:
    """Return the 32-bit FNV-1a hash of a key, unsigned."""
    h = _FNV_BASIS
    for byte in key:
        h = (h ^ byte) * _FNV_PRIME & _MASK
    return h


def murmur2(key: bytes, partitions: int) -> int:
    """Return the partition of the Java client, aiokafka, kafka-python and franz-go: positive murmur2 modulo count."""
    return (murmur2_hash(key) & 0x7FFFFFFF) % partitions


def crc32(key: bytes, partitions: int) -> int:
    """Return librdkafka's default partition: CRC32 modulo count; its ``*_random`` forms treat an empty key as null."""
    return crc32_hash(key) % partitions


def fnv1a(key: bytes, partitions: int) -> int:
    """Return Sarama's default partition: the absolute value of FNV-1a as a signed number, modulo count."""
    signed = fnv1a_hash(key)
    return abs(signed - (1 << 32) if signed >> 31 else signed) % partitions


def murmur2_column(keys: pa.Array | Sequence[bytes | None], partitions: int) -> npt.NDArray[np.int32]:
    """Return `murmur2` of every key; ``-1`` for a null key."""
    return _place(keys, _murmur2_block, lambda h: (h & np.uint32(0x7FFFFFFF)) % np.uint32(partitions))


def crc32_column(keys: pa.Array | Sequence[bytes | None], partitions: int) -> npt.NDArray[np.int32]:
    """Return `crc32` of every key; ``-1`` for a null key."""
    return _place(keys, _crc32_block, lambda h: h % np.uint32(partitions))


def fnv1a_column(keys: pa.Array | Sequence[bytes | None], partitions: int) -> npt.NDArray[np.int32]:
    """Return `fnv1a` of every key; ``-1`` for a null key."""
    return _place(
        keys,
        _fnv1a_block,
        lambda h: np.abs(h.view(np.int32).astype(np.int64)) % partitions,
    )


def _place(
    keys: pa.Array | Sequence[bytes | None],
    block: Callable[[_Keys], Words],
    modulo: Callable[[Words], npt.NDArray[np.generic]],
) -> npt.NDArray[np.int32]:
    array = _binary(keys)
    data, starts, lengths = _layout(array)
    placed = np.empty(len(array), dtype=np.int32)
    for rows, length in _by_length(lengths):
        for at in range(0, len(rows), _BLOCK):
            some = rows[at : at + _BLOCK]
            placed[some] = modulo(block(_Keys(data, starts[some], length)))
    if array.null_count:
        placed[array.is_null().to_numpy(zero_copy_only=False)] = -1
    return placed


class _Keys:
    """Reads keys of the same length byte by byte; keys that are adjacent in memory need no index."""

    def __init__(self, data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], length: int) -> None:
        self.count = len(starts)
        self.length = length
        self._data = data
        self._starts = starts
        self._side_by_side = int(starts[-1] - starts[0]) == (len(starts) - 1) * length and bool(
            (np.diff(starts) == length).all(),
        )

    def words(self, at: int) -> Words:
        """Return four bytes of each key from ``at``, little-endian; past the key's end they are undefined."""
        if self._side_by_side:
            return np.ndarray(
                (self.count,), "<u4", self._data, offset=int(self._starts[0]) + at, strides=(self.length,)
            ).copy()
        every: Words = np.ndarray((len(self._data) - 3,), "<u4", self._data, strides=(1,))
        return every[self._starts + at]

    def bytes(self, at: int) -> npt.NDArray[np.uint8]:
        """Return the byte of each key at ``at``."""
        if self._side_by_side:
            first = int(self._starts[0]) + at
            return self._data[first : first + (self.count - 1) * self.length + 1 : max(self.length, 1)]
        return self._data[self._starts + at]


def _binary(keys: pa.Array | Sequence[bytes | None]) -> pa.Array:
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.combine_chunks()
    if not isinstance(keys, pa.Array):
        return pa.array(keys, pa.binary())
    return keys if pa.types.is_binary(keys.type) else keys.cast(pa.binary())


def _layout(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the key bytes (three spare bytes behind them), the start of each key, and its length."""
    _, offsets_buffer, data_buffer = array.buffers()
    if offsets_buffer is None or not len(array):
        return np.zeros(3, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)
    offsets = np.frombuffer(offsets_buffer, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.zeros(last - first + 3, np.uint8)
    if last > first:
        data[:-3] = np.frombuffer(data_buffer, np.uint8)[first:last]
    return data, offsets[:-1] - first, np.diff(offsets)


def _by_length(lengths: npt.NDArray[np.int64]) -> list[tuple[npt.NDArray[np.int64], int]]:
    """Group row numbers by key length."""
    if not len(lengths):
        return []
    if lengths.min() == lengths.max():
        return [(np.arange(len(lengths)), int(lengths[0]))]
    order = np.argsort(lengths, kind="stable")
    found, begin = np.unique(lengths[order], return_index=True)
    return list(zip(np.split(order, begin[1:]), found.tolist(), strict=True))


def _murmur2_block(keys: _Keys) -> Words:
    m = np.uint32(_MURMUR_M)
    h: Words = np.full(keys.count, _MURMUR_SEED ^ keys.length, dtype=np.uint32)
    shifted = np.empty_like(h)
    for at in range(0, keys.length & ~3, 4):
        k = keys.words(at)
        k *= m
        k ^= np.right_shift(k, np.uint32(24), out=shifted)
        k *= m
        h *= m
        h ^= k
    if rest := keys.length & 3:
        h ^= keys.words(keys.length - rest) & np.uint32((1 << 8 * rest) - 1)
        h *= m
    h ^= h >> np.uint32(13)
    h *= m
    h ^= h >> np.uint32(15)
    return h


def _crc_table() -> Words:
    table: Words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & np.uint32(1), np.uint32(0xEDB88320) ^ (table >> np.uint32(1)), table >> np.uint32(1))
    return table


_CRC_TABLE = _crc_table()


def _crc32_block(keys: _Keys) -> Words:
    h: Words = np.full(keys.count, _MASK, dtype=np.uint32)
    for at in range(keys.length):
        h = _CRC_TABLE[(h ^ keys.bytes(at)).astype(np.uint8)] ^ (h >> np.uint32(8))
    return ~h


def _fnv1a_block(keys: _Keys) -> Words:
    h: Words = np.full(keys.count, _FNV_BASIS, dtype=np.uint32)
    for at in range(keys.length):
        h ^= keys.bytes(at)
        h *= np.uint32(_FNV_PRIME)
    return h
