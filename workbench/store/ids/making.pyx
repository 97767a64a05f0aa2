# cython: language_level=3, boundscheck=False, wraparound=False
"""Makes entries of the index from decoded rows: role, the highest bits of an id's hash, and row, in one number."""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

import numpy as np

from workbench.buffers.texts import hash_bytes
from workbench.store.ids import roles

from workbench.buffers.texts cimport hash_of
from workbench.store.parquet.arrow cimport ArrowArray, Bits, bit, no_bits, validity

cdef int ROW_BITS = roles.ROW_BITS, HASH_BITS = roles.HASH_BITS
cdef uint64_t EVENT_ID = roles.IdRole.EVENT_ID, CORRELATION_ID = roles.IdRole.CORRELATION_ID
cdef uint64_t LINK_ID = roles.IdRole.LINK_ID, ROOT_ID = roles.IdRole.ROOT_ID, TRACE_ID = roles.IdRole.TRACE_ID
cdef uint64_t CAUSE_BY_ID = roles.IdRole.CAUSE_BY_ID, CAUSE_BY_LINK = roles.IdRole.CAUSE_BY_LINK
cdef uint64_t OTHER_CAUSE = roles.IdRole.OTHER_CAUSE
cdef uint64_t _BY_ID = hash_bytes(b"event_id")
cdef uint64_t _BY_LINK = hash_bytes(b"correlation_id")


cdef struct _Texts:
    const ArrowArray* array
    int64_t first
    Bits outer  # of the struct that they are in
    Bits inner


cdef _Texts _texts(const ArrowArray* structs, const ArrowArray* array) noexcept nogil:
    """Return the texts of a column, or of a member where there is a struct."""
    cdef _Texts texts
    cdef int64_t first = structs.offset if structs != NULL else 0
    texts.array = array
    texts.first = first + array.offset
    texts.outer = validity(structs, first) if structs != NULL else no_bits()
    texts.inner = validity(array, texts.first)
    return texts


cdef inline bint _hash(const _Texts* texts, int64_t at, uint64_t* hashed) noexcept nogil:
    """Hash a text; False where it is null."""
    cdef const int32_t* ends = <const int32_t*>texts.array.buffers[1] + texts.first
    if not bit(texts.inner, at) or not bit(texts.outer, at):
        return False
    hashed[0] = hash_of(<const uint8_t*>texts.array.buffers[2] + ends[at], ends[at + 1] - ends[at])
    return True


cdef inline uint64_t _entry(uint64_t role, uint64_t hashed, uint64_t row) noexcept nogil:
    return role << (HASH_BITS + ROW_BITS) | (hashed >> (64 - HASH_BITS)) << ROW_BITS | row


cdef ArrowArray* _batch(capsule) except NULL:
    return <ArrowArray*>PyCapsule_GetPointer(capsule, b"arrow_array")


cdef int64_t _items(const ArrowArray* lists) noexcept nogil:
    """Count the items of all lists of a column."""
    cdef const int32_t* ends = <const int32_t*>lists.buffers[1] + lists.offset
    return ends[lists.length] - ends[0] if lists.length else 0


def entries_of_batches(batches, uint64_t first_row, int target, int value, int trace_id):
    """Make the entries of ids.

    Args:
        batches: Batches of the columns `workbench.store.ids.entries.COLUMNS`; texts and lists with offsets of 32 bits.
        first_row: The number of the first row.
        target: The number of this member of causes.
        value: Likewise.
        trace_id: The number of this member of traces.
    """
    cdef int64_t room = 0, count = 0
    cdef const ArrowArray* batch
    cdef list capsules = [one.__arrow_c_array__()[1] for one in batches]
    for capsule in capsules:
        batch = _batch(capsule)
        room += 4 * batch.length + _items(batch.children[2]) + _items(batch.children[3])
    found = np.empty(room, dtype=np.uint64)
    cdef uint64_t[::1] into = found
    for capsule in capsules:
        batch = _batch(capsule)
        with nogil:
            count = _put_batch(batch, first_row, into, count, target, value, trace_id)
        first_row += <uint64_t>batch.length
    return found[:count]


cdef int64_t _put_batch(
    const ArrowArray* batch, uint64_t first_row, uint64_t[::1] into, int64_t count, int target, int value, int trace_id
) noexcept nogil:
    cdef ArrowArray** columns = <ArrowArray**>batch.children
    cdef int64_t rows = batch.length
    count = _put_own(_texts(NULL, columns[0]), rows, EVENT_ID, first_row, into, count)
    count = _put_own(_texts(NULL, columns[1]), rows, CORRELATION_ID, first_row, into, count)
    count = _put_links(columns[2], rows, first_row, into, count)
    count = _put_causes(columns[3], target, value, rows, first_row, into, count)
    count = _put_own(_texts(NULL, columns[4]), rows, ROOT_ID, first_row, into, count)
    return _put_own(_texts(columns[5], columns[5].children[trace_id]), rows, TRACE_ID, first_row, into, count)


cdef int64_t _put_own(
    _Texts texts, int64_t rows, uint64_t role, uint64_t first_row, uint64_t[::1] into, int64_t count
) noexcept nogil:
    """Put the entries of a text for each row; returns how many there are now."""
    cdef int64_t row
    cdef uint64_t hashed
    for row in range(rows):
        if _hash(&texts, row, &hashed):
            into[count] = _entry(role, hashed, first_row + <uint64_t>row)
            count += 1
    return count


cdef int64_t _put_links(
    const ArrowArray* lists, int64_t rows, uint64_t first_row, uint64_t[::1] into, int64_t count
) noexcept nogil:
    cdef const int32_t* ends = <const int32_t*>lists.buffers[1] + lists.offset
    cdef Bits valid = validity(lists, lists.offset)
    cdef _Texts links = _texts(NULL, lists.children[0])
    cdef int64_t row, item
    cdef uint64_t hashed
    for row in range(rows):
        if not bit(valid, row):
            continue
        for item in range(ends[row], ends[row + 1]):
            if _hash(&links, item, &hashed):
                into[count] = _entry(LINK_ID, hashed, first_row + <uint64_t>row)
                count += 1
    return count


cdef int64_t _put_causes(
    const ArrowArray* lists, int target, int value, int64_t rows, uint64_t first_row, uint64_t[::1] into, int64_t count
) noexcept nogil:
    cdef const int32_t* ends = <const int32_t*>lists.buffers[1] + lists.offset
    cdef Bits valid = validity(lists, lists.offset)
    cdef ArrowArray* causes = lists.children[0]
    cdef _Texts targets = _texts(causes, causes.children[target]), values = _texts(causes, causes.children[value])
    cdef int64_t row, item
    cdef uint64_t hashed, role, by
    for row in range(rows):
        if not bit(valid, row):
            continue
        for item in range(ends[row], ends[row + 1]):
            if not _hash(&values, item, &hashed):
                continue
            role = OTHER_CAUSE
            if _hash(&targets, item, &by):
                role = CAUSE_BY_ID if by == _BY_ID else CAUSE_BY_LINK if by == _BY_LINK else OTHER_CAUSE
            into[count] = _entry(role, hashed, first_row + <uint64_t>row)
            count += 1
    return count
