"""The index file of a segment: sorted entries in blocks, each with a checksum, so that a look-up reads a few blocks.

Layout, all words of 64 bits, little-endian: eight words (magic, rows, entries, checksum of the events file that it
belongs to, three unused, hash of everything up to the blocks), the first entry of each block, the hash of each block,
the same two of the entries with the row above the key; then the entries, then these. A file that is missing, cut off
or of another events file is not used: the rows are then indexed in memory. Nothing that it says is believed without
the rows themselves, but a damaged one could hide rows.
"""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

import numpy as np

from workbench.buffers.texts import hash_bytes
from workbench.store.ids.search import SortedEntries, block_checksums, turned_entries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.store.ids.entries import Entries

BLOCK = 512
"""Entries of a block; `workbench.store.ids.search` has the same."""

_MAGIC = int.from_bytes(b"WBIDS\x02\0\0", "little")
_HEADER_WORDS = 8
_WORD_BYTES = 8


def write_ids(path: Path, entries: Sequence[Entries], rows: int, events_crc32c: int) -> None:
    """Write an index file.

    Args:
        path: The file.
        entries: Entries in any order, in parts.
        rows: Rows of the segment.
        events_crc32c: Checksum of its events file.
    """
    # In place and piece by piece: at the end of a capture each copy of all entries is new memory to the process.
    by_key = np.concatenate([np.zeros(0, dtype=np.uint64), *entries])
    by_row = turned_entries(by_key)
    orders = by_key, by_row
    for order in orders:
        order.sort()
    words = np.array([_MAGIC, rows, len(by_key), events_crc32c, 0, 0, 0], dtype=np.uint64)
    index = np.concatenate([part for order in orders for part in (order[::BLOCK], block_checksums(order))])
    with path.open("wb") as file:
        for part in (words, [_hash(np.concatenate([words, index]))], index, *orders):
            file.write(np.asarray(part).astype("<u8", copy=False).data)


def sorted_entries(entries: Entries) -> SortedEntries:
    """Sort entries that stay in memory."""
    ordered = np.sort(entries)
    return SortedEntries(ordered, np.ascontiguousarray(ordered[::BLOCK]))


def open_ids(path: Path, rows: int, events_crc32c: int) -> SortedEntries | None:
    """Open an index file; None for one that is missing, damaged, or of another events file."""
    words = _words(path)
    if words is None or len(words) < _HEADER_WORDS:
        return None
    magic, had_rows, count, of_events = (int(word) for word in words[:4])
    blocks = -(-count // BLOCK)
    begin = _HEADER_WORDS + 4 * blocks
    if (magic, had_rows, of_events) != (_MAGIC, rows, events_crc32c) or len(words) != begin + 2 * count:
        return None
    if _hash(np.concatenate([words[: _HEADER_WORDS - 1], words[_HEADER_WORDS:begin]])) != words[_HEADER_WORDS - 1]:
        return None
    fences, checksums, row_fences, row_checksums = np.split(words[_HEADER_WORDS:begin], 4)
    by_row = SortedEntries(words[begin + count :], row_fences, row_checksums)
    return SortedEntries(words[begin : begin + count], fences, checksums, by_row)


def _words(path: Path) -> Entries | None:
    """Map a file into memory; None where there is none, or only a link to one."""
    try:
        if path.is_symlink():
            return None
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _WORD_BYTES * _HEADER_WORDS or size % _WORD_BYTES:
                return None
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype="<u8")
    except OSError:
        return None


def _hash(words: Entries) -> np.uint64:
    return np.uint64(hash_bytes(words.astype("<u8").tobytes()))
