"""Many records of one buffer to Arrow columns, by operations on arrays instead of one step per record.

Only the walk from record to record is a loop; every field is then read for all records at once. Layout of a record
(all integers zigzag varints): length, attributes (one byte), timestamp delta, offset delta, key length, key, value
length, value, header count, and for each header name length, name, value length, value; -1 stands for null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.columns import HEADERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = "NDArray[np.int64]"
    Bytes: TypeAlias = "NDArray[np.uint8]"

_CONTINUES = 0x80
_LONGEST_SHIFT = 63
_BUFFER_LIMIT = (1 << 31) - 1


class CorruptRecords(ValueError):  # noqa: N818 - it names what the bytes are
    """The bytes are no records of the layout above."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Columns of parsed records, in the order of the buffer."""

    offset_delta: Ints
    timestamp_delta: Ints
    key: pa.Array
    value: pa.Array
    headers: pa.Array


def walk(data: bytes, at: int, stop: int, count: int) -> list[int]:
    """Return where each of ``count`` records begins (its length varint), and where the last one ends.

    Raises:
        CorruptRecords: The lengths do not lead from ``at`` to ``stop``.
    """
    marks: list[int] = []
    note = marks.append
    try:
        for _ in range(count):
            note(at)
            low = data[at]
            if low < _CONTINUES:
                at += 1 + (low >> 1)
            elif (high := data[at + 1]) < _CONTINUES:
                at += 2 + (low - _CONTINUES >> 1) + (high << 6)
            else:
                at = _after(data, at)
    except IndexError:
        raise CorruptRecords("a record length leads out of the batch") from None
    if at != stop:
        raise CorruptRecords("record lengths do not add up to the batch")
    note(at)
    return marks


def _after(data: bytes, at: int) -> int:
    """Skip a record whose length takes more than two bytes."""
    size, shift = 0, 0
    while (byte := data[at]) >= _CONTINUES and shift < _LONGEST_SHIFT:
        size |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    return at + 1 + ((size | byte << shift) >> 1)


def parse(data: bytes, heads: Ints, ends: Ints) -> Fields:
    """Read the records that begin at ``heads`` and end before ``ends``.

    Raises:
        CorruptRecords: A field leads out of its record.
    """
    if len(data) > _BUFFER_LIMIT:
        raise CorruptRecords("more than 2 GiB in one piece")
    buffer = np.frombuffer(data, np.uint8)
    size, at = _varints(buffer, heads)
    if not np.array_equal(at + size, ends):
        raise CorruptRecords("a record length is negative or overlaps the next record")
    timestamp_delta, at = _varints(buffer, at + 1)
    offset_delta, at = _varints(buffer, at)
    layout = _Layout(buffer, ends)
    key_start, key_size, at = layout.slice(at, ends)
    value_start, value_size, at = layout.slice(at, ends)
    count, at = _varints(buffer, at)
    headers = _headers(layout, at, count, ends)
    first = 2 * np.arange(len(heads)) + 2 * headers.offsets[:-1]
    fields = layout.fields(
        (first, key_start, key_size),
        (first + 1, value_start, value_size),
        (headers.first, headers.name_start, headers.name_size),
        (headers.first + 1, headers.value_start, headers.value_size),
    )
    pairs = pa.StructArray.from_arrays(
        [fields.take(headers.first, None), fields.take(headers.first + 1, headers.value_size < 0)],
        fields=list(HEADERS.value_type),
    )
    return Fields(
        offset_delta=offset_delta,
        timestamp_delta=timestamp_delta,
        key=fields.take(first, key_size < 0),
        value=fields.take(first + 1, value_size < 0),
        headers=pa.ListArray.from_arrays(pa.array(headers.offsets.astype(np.int32)), pairs, type=HEADERS),
    )


@dataclass(frozen=True, slots=True)
class _HeaderSlices:
    offsets: Ints
    """Where the headers of each record begin among all headers; one more than records."""
    first: Ints
    """Place of each header's name among all fields of the buffer; its value follows."""
    name_start: Ints
    name_size: Ints
    value_start: Ints
    value_size: Ints


class _Layout:
    """Reads length-prefixed slices, and lays all slices out as one Arrow array over the buffer."""

    def __init__(self, buffer: Bytes, ends: Ints) -> None:
        self.buffer = buffer
        self._ends = ends

    def slice(self, at: Ints, ends: Ints) -> tuple[Ints, Ints, Ints]:
        """Read one slice at each position: its start, its size (-1 for null), and what follows it."""
        size, start = _varints(self.buffer, at)
        after = start + np.maximum(size, 0)
        if np.any(size < -1) or np.any(after > ends):
            raise CorruptRecords("a field leads out of its record")
        return start, size, after

    def fields(self, *slices: tuple[Ints, Ints, Ints]) -> _FieldArray:
        """Lay ``(place, start, size)`` slices out in buffer order."""
        total = sum(len(place) for place, _, _ in slices)
        bounds = np.empty(2 * total, np.int32)
        for place, start, size in slices:
            bounds[2 * place] = start
            bounds[2 * place + 1] = start + np.maximum(size, 0)
        return _FieldArray(self.buffer, bounds)


class _FieldArray:
    """Every slice as an element of one zero-copy binary array, the gaps between them as the elements in between."""

    def __init__(self, buffer: Bytes, bounds: NDArray[np.int32]) -> None:
        self._array = pa.Array.from_buffers(
            pa.binary(),
            max(0, len(bounds) - 1),
            [None, pa.py_buffer(bounds), pa.py_buffer(buffer)],
        )

    def take(self, places: Ints, null: NDArray[np.bool_] | None) -> pa.Array:
        if null is not None and not null.any():
            null = None
        return pc.take(self._array, pa.array(2 * places, mask=null), boundscheck=False)


def _headers(layout: _Layout, at: Ints, count: Ints, ends: Ints) -> _HeaderSlices:
    if np.any(count < 0) or np.any(2 * count > ends - at):
        raise CorruptRecords("a header count does not fit its record")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
    total = int(offsets[-1])
    found = [np.empty(total, np.int64) for _ in range(5)]
    record = np.arange(len(count))
    for number in range(int(count.max(initial=0))):
        record, at = _unfinished(record, at, count > number, ends)
        row, limit = offsets[record] + number, ends[record]
        name_start, name_size, at = layout.slice(at, limit)
        value_start, value_size, at = layout.slice(at, limit)
        if np.any(name_size < 0):
            raise CorruptRecords("a header has no name")
        parts = (2 * record + 2 * row + 2, name_start, name_size, value_start, value_size)
        for column, part in zip(found, parts, strict=True):
            column[row] = part
    if not np.array_equal(at, ends[record]):
        raise CorruptRecords("bytes are left over in a record")
    return _HeaderSlices(offsets, *found)


def _unfinished(record: Ints, at: Ints, more: NDArray[np.bool_], ends: Ints) -> tuple[Ints, Ints]:
    """Keep the records that have more headers; the others must be at their end."""
    if len(record) == len(more) and more.all():
        return record, at
    kept = more[record]
    if not np.array_equal(at[~kept], ends[record[~kept]]):
        raise CorruptRecords("bytes are left over in a record")
    return record[kept], at[kept]


def _varints(buffer: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """Read a zigzag varint at each position; return the values and the positions after them."""
    byte = buffer.take(at, mode="clip")
    value = (byte & 0x7F).astype(np.uint64)
    at = at + 1
    more = np.flatnonzero(byte >= _CONTINUES)
    shift = 7
    while more.size:
        if shift > _LONGEST_SHIFT:
            raise CorruptRecords("an integer is longer than 64 bits")
        byte = buffer.take(at[more], mode="clip")
        value[more] |= (byte & 0x7F).astype(np.uint64) << np.uint64(shift)
        at[more] += 1
        more = more[byte >= _CONTINUES]
        shift += 7
    return (value >> np.uint64(1)).view(np.int64) ^ -(value & np.uint64(1)).view(np.int64), at
