# cython: language_level=3, boundscheck=False, wraparound=False
"""Sorts places by a number and, among equal ones, by a text of an Arrow array."""

from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np
import pyarrow as pa

cdef enum:
    DIGIT_BITS = 11
    DIGITS = 1 << DIGIT_BITS
    FEW = 24  # so many are sorted by insertion


cdef struct Item:
    uint64_t key
    int64_t place


cdef struct Texts:
    const uint8_t* content
    const int64_t* ends  # one more than texts


cdef struct Place:
    const uint8_t* start
    int64_t size


cdef inline Place place_of(const Texts* texts, int64_t at) noexcept nogil:
    cdef Place place
    place.start, place.size = texts.content + texts.ends[at], texts.ends[at + 1] - texts.ends[at]
    return place


def order_by_number_and_text(const int64_t[::1] numbers, array, const int64_t[::1] rows):
    """Sort places by their number and, among equal ones, by their text, byte by byte.

    Args:
        numbers: The number of each place.
        array: A large string array; the rows that are named are not null.
        rows: Row of the array that holds the text of each place.

    Returns:
        The places in order, as an int64 numpy array.

    Raises:
        TypeError: It is an array of another type.
        ValueError: There are not as many rows as numbers.
        IndexError: The array has no such row.
        MemoryError: There is no memory for the sort.
    """
    if not pa.types.is_large_string(array.type):
        raise TypeError(f"a large string array is needed, not {array.type}")
    cdef int64_t total = len(array), count = numbers.shape[0], place, begin, end
    cdef const int64_t[::1] ends = np.zeros(1, dtype=np.int64)
    cdef const uint8_t[::1] content = np.zeros(1, dtype=np.uint8)
    cdef Texts texts
    _, bounds, data = array.buffers()
    if total:
        ends = np.frombuffer(bounds, np.int64)[array.offset : array.offset + total + 1]
        if data is not None and data.size:
            content = np.frombuffer(data, np.uint8)
    texts.content, texts.ends = &content[0], &ends[0]
    cdef bint outside = False
    cdef Item* items
    cdef Item* others
    if rows.shape[0] != count:
        raise ValueError(f"{rows.shape[0]} rows do not fit {count} numbers")
    order = np.empty(count, dtype=np.int64)
    cdef int64_t[::1] into = order
    others = NULL
    items = <Item*>malloc(<size_t>max(count, 1) * sizeof(Item))
    try:
        others = <Item*>malloc(<size_t>max(count, 1) * sizeof(Item))
        if items == NULL or others == NULL:
            raise MemoryError(f"no memory to sort {count} places")
        with nogil:
            for place in range(count):
                outside |= not 0 <= rows[place] < total
            if not outside:
                items = sort_by_number(numbers, items, &others)
                begin = 0
                while begin < count:
                    end = begin + 1
                    while end < count and items[end].key == items[begin].key:
                        end += 1
                    if end - begin > 1:
                        sort_by_text(&texts, rows, items + begin, others, end - begin)
                    begin = end
                for place in range(count):
                    into[place] = items[place].place
        if outside:
            raise IndexError(f"a row is not among {total}")
    finally:
        free(items)
        free(others)
    return order


cdef Item* sort_by_number(const int64_t[::1] numbers, Item* items, Item** spare) noexcept nogil:
    """Fill items in the order of their numbers, equal ones in their order; return those of the two that are sorted."""
    cdef int64_t count = numbers.shape[0], place, least = INT64_MAX, sums[DIGITS], total, size
    cdef uint64_t largest = 0, digit
    cdef int shift = 0
    cdef bint sorted_ = True
    cdef Item* from_ = items
    cdef Item* into = spare[0]
    for place in range(count):
        if INT64_MIN < numbers[place] < least:
            least = numbers[place]
    for place in range(count):
        # The least number of all stands for "unknown": it would make the range as wide as the type.
        from_[place].key = 0 if numbers[place] == INT64_MIN else <uint64_t>numbers[place] - <uint64_t>least + 1
        from_[place].place = place
        largest = max(largest, from_[place].key)
        sorted_ = sorted_ and (place == 0 or from_[place - 1].key <= from_[place].key)
    if sorted_:
        return from_
    while shift < 64 and largest >> shift:
        memset(sums, 0, sizeof(sums))
        for place in range(count):
            sums[(from_[place].key >> shift) & (DIGITS - 1)] += 1
        total = 0
        for place in range(DIGITS):
            size = sums[place]
            sums[place] = total
            total += size
        for place in range(count):
            digit = (from_[place].key >> shift) & (DIGITS - 1)
            into[sums[digit]] = from_[place]
            sums[digit] += 1
        from_, into = into, from_
        shift += DIGIT_BITS
    spare[0] = into
    return from_


cdef inline bint is_before(
    const Texts* texts, const int64_t[::1] rows, Item one, Item other
) noexcept nogil:
    """Whether the text of one item is less than that of another; the key holds the first eight bytes of each."""
    cdef Place first, second
    cdef int compared
    if one.key != other.key:
        return one.key < other.key
    first, second = place_of(texts, rows[one.place]), place_of(texts, rows[other.place])
    compared = memcmp(first.start, second.start, <size_t>min(first.size, second.size))
    return compared < 0 or (compared == 0 and first.size < second.size)


cdef void sort_by_text(
    const Texts* texts, const int64_t[::1] rows, Item* items, Item* spare, int64_t count
) noexcept nogil:
    """Sort items by their texts: few by insertion, in pieces that are then merged."""
    cdef int64_t place, at, begin, middle, end, width = FEW, one, other
    cdef Item item
    cdef Item* from_ = items
    cdef Item* into = spare
    for place in range(count):
        from_[place].key = first_bytes(place_of(texts, rows[from_[place].place]))
    for place in range(count):
        item = from_[place]
        at = place
        while at % FEW and is_before(texts, rows, item, from_[at - 1]):
            from_[at] = from_[at - 1]
            at -= 1
        from_[at] = item
    while width < count:
        begin = 0
        while begin < count:
            middle, end = min(begin + width, count), min(begin + 2 * width, count)
            one, other = begin, middle
            for place in range(begin, end):
                if one < middle and (other >= end or not is_before(texts, rows, from_[other], from_[one])):
                    into[place] = from_[one]
                    one += 1
                else:
                    into[place] = from_[other]
                    other += 1
            begin = end
        from_, into = into, from_
        width *= 2
    if from_ != items:
        memcpy(items, from_, <size_t>count * sizeof(Item))


cdef inline uint64_t first_bytes(Place place) noexcept nogil:
    """Return the first eight bytes as a number that compares as they do; zeros stand for those that are missing."""
    cdef uint64_t value = 0
    cdef int64_t at
    for at in range(8):
        value = (value << 8) | (place.start[at] if at < place.size else 0)
    return value
