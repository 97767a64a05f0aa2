"""Reads the records of one batch piece by piece: memory stays bounded, whatever the batch unpacks to.

A kilobyte of zstd can hold a gigabyte. Records up to the limit are read as ever; a larger one is stepped over, and its
offset and size are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.bus.kafka.fetching.records import CorruptRecords, first_record, whole_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE_BYTES = 8 << 20
"""Bytes that are unpacked at once, about; one record that is larger is a piece by itself. Never less than the head of a
record, which has up to 31 bytes."""


@dataclass(frozen=True, slots=True)
class Records:
    """Whole records one after another."""

    data: memoryview
    count: int


@dataclass(frozen=True, slots=True)
class Oversized:
    """A record above the limit, which was not read."""

    offset_delta: int
    size_bytes: int


def pieces(read: Callable[[int], bytes], count: int, largest: int) -> Iterator[Records | Oversized]:
    """Divide unpacked records into pieces.

    Args:
        read: Gives the next bytes, at most as many as asked for, and none at the end.
        count: Records that the header of the batch names.
        largest: Bytes of the largest record that is read.

    Raises:
        CorruptRecords: The bytes are not so many records.
    """
    # The count comes from the batch header and is hostile.
    if count < 0:
        raise CorruptRecords("the batch names a negative number of records")
    held, wanted = b"", PIECE_BYTES
    while count:
        held = _filled(read, held, wanted)
        end, number = whole_records(held, largest, count)
        if number:
            yield Records(memoryview(held)[:end], number)
            held, wanted = held[end:], PIECE_BYTES
            count -= number
            continue
        # The first record is not whole yet, or above the limit.
        begin, size, delta = first_record(held)
        if size > largest:
            held = _behind(read, held, begin + size)
            count -= 1
            yield Oversized(delta, size)
        elif len(held) < wanted:
            raise CorruptRecords("a length leads out of its record or batch")
        else:
            wanted = begin + size
    if held or read(1):
        raise CorruptRecords("record lengths do not add up to the batch")


def _filled(read: Callable[[int], bytes], held: bytes, wanted: int) -> bytes:
    parts, size = [held], len(held)
    while size < wanted and (more := read(wanted - size)):
        parts.append(more)
        size += len(more)
    return b"".join(parts) if len(parts) > 1 else held


def _behind(read: Callable[[int], bytes], held: bytes, end: int) -> bytes:
    """Return what is held behind ``end``; what lies before and is not held yet is read and dropped."""
    left = end - len(held)
    while left > 0:
        more = read(min(left, PIECE_BYTES))
        if not more:
            raise CorruptRecords("a length leads out of its record or batch")
        left -= len(more)
    return held[end:]
