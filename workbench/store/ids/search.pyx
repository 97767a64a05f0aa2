# cython: language_level=3, boundscheck=False, wraparound=False
"""Searches sorted entries, block by block: rows by keys, keys by rows.

An entry is a key above ``ROW_BITS`` bits of row. The first entries of all blocks, which are checked when a file is
opened, say in which block a key begins; that block is compared with its checksum before it is searched, once. The
same entries with the row above the key are searched for what a row has.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

import numpy as np

from workbench.buffers.texts import hash_bytes

cdef enum:
    ROW_BITS = 24
    BLOCK = 512  # entries of a block: 4 KiB, the page of a disk
    KEY_BITS = 64 - ROW_BITS

cdef uint64_t ROWS = (1 << ROW_BITS) - 1
cdef uint64_t KEYS = (<uint64_t>1 << KEY_BITS) - 1


def turned_entries(entries):
    """Put the row of each entry above its key, so that a sort brings the entries of a row together."""
    cdef int64_t at
    cdef const uint64_t[::1] given = entries
    turned = np.empty(given.shape[0], dtype=np.uint64)
    cdef uint64_t[::1] into = turned
    with nogil:
        for at in range(given.shape[0]):
            into[at] = (given[at] << KEY_BITS) | (given[at] >> ROW_BITS)
    return turned


def block_checksums(const uint64_t[::1] entries):
    """Hash each block of entries; the last one may be shorter."""
    cdef int64_t number, count = (entries.shape[0] + BLOCK - 1) // BLOCK
    checksums = np.empty(count, dtype=np.uint64)
    cdef uint64_t[::1] into = checksums
    for number in range(count):
        into[number] = _checksum(entries, number)
    return checksums


cdef uint64_t _checksum(const uint64_t[::1] entries, int64_t block) except? 1:
    cdef int64_t begin = block * BLOCK
    cdef int64_t size = min(BLOCK, entries.shape[0] - begin)
    cdef const uint8_t* content = <const uint8_t*>&entries[begin]
    return hash_bytes(<const uint8_t[: 8 * size]>content)


cdef class SortedEntries:
    """Sorted entries of one part of a snapshot, in memory or in a file.

    Args:
        entries: The entries, ascending.
        fences: The first entry of each block.
        checksums: What `block_checksums` gave for them when they were written; None for entries made in memory.
        by_row: The same entries turned and sorted; None where they are to be made when somebody asks for rows.
    """

    cdef const uint64_t[::1] entries
    cdef const uint64_t[::1] fences
    cdef const uint64_t[::1] checksums
    cdef uint8_t[::1] checked
    cdef SortedEntries by_row

    def __init__(self, entries, fences, checksums=None, by_row=None):
        self.entries = entries
        self.fences = fences
        self.by_row = by_row
        self.checked = np.full(len(fences), 1 if checksums is None else 0, dtype=np.uint8)
        if checksums is not None:
            self.checksums = checksums

    def __len__(self):
        return self.entries.shape[0]

    def range_of(self, uint64_t low, uint64_t high):
        """Return where the entries from ``low`` up to ``high``, inclusive, begin and end.

        Raises:
            ValueError: A block is not what was written.
        """
        cdef int64_t begin = self.place(low, False), end = self.place(high, True)
        return begin, end

    def entries_between(self, int64_t begin, int64_t end):
        """Return entries by their places.

        Raises:
            ValueError: A block is not what was written.
        """
        cdef int64_t block
        if end > begin:
            for block in range(begin // BLOCK, (end - 1) // BLOCK + 1):
                self.check(block)
        return np.asarray(self.entries[begin:end])

    def entries_of_rows(self, const int64_t[::1] rows):
        """Return all entries of some rows.

        Raises:
            ValueError: A block is not what was written.
        """
        cdef SortedEntries by_row
        cdef int64_t number, begin, end
        if self.by_row is None:
            turned = turned_entries(np.asarray(self.entries))
            turned.sort()
            self.by_row = SortedEntries(turned, np.ascontiguousarray(turned[::BLOCK]))
        by_row = self.by_row
        found = [np.zeros(0, dtype=np.uint64)]
        for number in range(rows.shape[0]):
            begin = by_row.place(<uint64_t>rows[number] << KEY_BITS, False)
            end = by_row.place((<uint64_t>rows[number] << KEY_BITS) | KEYS, True)
            if end > begin:
                found.append(by_row.entries_between(begin, end))
        turned = np.concatenate(found)
        return (turned << np.uint64(ROW_BITS)) | (turned >> np.uint64(KEY_BITS))

    cdef int check(self, int64_t block) except -1:
        """Compare a block with its checksum, the first time that it is looked at."""
        if not self.checked[block]:
            if _checksum(self.entries, block) != self.checksums[block]:
                raise ValueError("a block of an index of ids is not what was written")
            self.checked[block] = 1
        return 0

    cdef int64_t place(self, uint64_t wanted, bint after) except -1:
        """Return the first place whose entry is not less (or greater, if ``after``)."""
        cdef int64_t low = 0, high = self.fences.shape[0], middle, block
        while low < high:
            middle = (low + high) // 2
            if self.fences[middle] < wanted or (after and self.fences[middle] == wanted):
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return 0
        block = low - 1
        self.check(block)
        low, high = block * BLOCK, min((block + 1) * BLOCK, self.entries.shape[0])
        while low < high:
            middle = (low + high) // 2
            if self.entries[middle] < wanted or (after and self.entries[middle] == wanted):
                low = middle + 1
            else:
                high = middle
        return low


def counts_of_keys(list parts, const int64_t[::1] keys):
    """Count the entries of each key in all parts.

    Raises:
        ValueError: A block is not what was written.
    """
    cdef SortedEntries part
    cdef int64_t number, begin, end
    counts = np.zeros(keys.shape[0], dtype=np.int64)
    cdef int64_t[::1] into = counts
    for part in parts:
        for number in range(keys.shape[0]):
            begin = part.place(<uint64_t>keys[number] << ROW_BITS, False)
            end = part.place((<uint64_t>keys[number] << ROW_BITS) | ROWS, True)
            into[number] += end - begin
    return counts


def rows_of_keys(list parts, const int64_t[::1] keys):
    """Return the rows that have one of the keys, a row as often as it has keys: number of the part, then the row.

    Raises:
        ValueError: A block is not what was written.
    """
    cdef SortedEntries part
    cdef int64_t number, key, begin, end
    found = [np.zeros(0, dtype=np.int64)]
    for number, part in enumerate(parts):
        for key in range(keys.shape[0]):
            begin = part.place(<uint64_t>keys[key] << ROW_BITS, False)
            end = part.place((<uint64_t>keys[key] << ROW_BITS) | ROWS, True)
            if end > begin:
                rows = (part.entries_between(begin, end) & np.uint64(ROWS)).astype(np.int64)
                found.append(rows + (number << ROW_BITS))
    return np.concatenate(found)

