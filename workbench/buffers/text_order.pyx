# cython: language_level=3, boundscheck=False, wraparound=False
"""Sorts places by a number and, among equal ones, by a text of an Arrow array."""

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np
import pyarrow as pa

cdef enum:
    DIGIT_BITS = 10
    DIGITS = 1 << DIGIT_BITS
    FEW = 24  # so many are sorted by insertion


cdef struct Texts:
    const uint8_t* content
    const int32_t* short_ends  # of a string array; NULL for a large one
    const int64_t* long_ends
    int64_t count


cdef struct Place:
    const uint8_t* start
    int64_t size


cdef struct Sorting:
    const int64_t* numbers
    const int32_t* rows
    Texts texts
    Texts others  # the rows that follow those of the first array


cdef inline Place place_of(const Sorting* by, int64_t at) noexcept nogil:
    cdef Place place
    cdef int64_t row = by.rows[at], start
    cdef const Texts* texts = &by.texts
    if row >= texts.count:
        row -= texts.count
        texts = &by.others
    if texts.short_ends != NULL:
        start, place.size = texts.short_ends[row], texts.short_ends[row + 1] - texts.short_ends[row]
    else:
        start, place.size = texts.long_ends[row], texts.long_ends[row + 1] - texts.long_ends[row]
    place.start = texts.content + start
    return place


cdef Texts texts_of(object array, list kept) except *:
    """Return the bytes and bounds of a string array of either size; what must be kept goes into a list."""
    cdef Texts texts
    cdef const uint8_t[::1] content = np.zeros(1, dtype=np.uint8)
    cdef const int32_t[::1] short_ends
    cdef const int64_t[::1] long_ends
    small = pa.types.is_string(array.type)
    if not (small or pa.types.is_large_string(array.type)):
        raise TypeError(f"a string array is needed, not {array.type}")
    texts.count = len(array)
    texts.short_ends, texts.long_ends = NULL, NULL
    if texts.count:
        _, bounds, data = array.buffers()
        first, last = array.offset, array.offset + texts.count + 1
        if data is not None and data.size:
            content = np.frombuffer(data, np.uint8)
        if small:
            short_ends = np.frombuffer(bounds, np.int32)[first:last]
            texts.short_ends = &short_ends[0]
        else:
            long_ends = np.frombuffer(bounds, np.int64)[first:last]
            texts.long_ends = &long_ends[0]
    texts.content = &content[0]
    kept += [array, content.base]
    return texts


def order_by_number_and_text(const int64_t[::1] numbers, array, const int32_t[::1] rows, others=None):
    """Sort places by their number and, among equal ones, by their text, byte by byte.

    Args:
        numbers: The number of each place.
        array: A string or large string array; the rows that are named are not null.
        rows: Row of the array that holds the text of each place.
        others: Another such array, whose rows follow those of the first.

    Returns:
        The places in order, as an int32 numpy array.

    Raises:
        TypeError: It is an array of another type.
        ValueError: There are not as many rows as numbers.
        IndexError: The arrays have no such row.
        MemoryError: There is no memory for the sort.
    """
    cdef int64_t count = numbers.shape[0], place, total
    cdef Sorting by
    cdef bint outside = False, in_order = True, fits
    kept = []
    by.texts = texts_of(array, kept)
    by.others = texts_of(array.slice(0, 0) if others is None else others, kept)
    total = by.texts.count + by.others.count
    if rows.shape[0] != count:
        raise ValueError(f"{rows.shape[0]} rows do not fit {count} numbers")
    order = np.arange(count, dtype=np.int32)
    if not count:
        return order
    by.numbers, by.rows = &numbers[0], &rows[0]
    cdef int32_t[::1] into = order
    with nogil:
        for place in range(count):
            outside |= not 0 <= rows[place] < total
        for place in range(1, count):
            if numbers[place] < numbers[place - 1]:
                in_order = False
                break
    if outside:
        raise IndexError(f"a row is not among {total}")
    cdef int32_t[::1] spare
    if not in_order:
        spare = np.empty(count, dtype=np.int32)
        with nogil:
            sort_by_number(&by, &into[0], &spare[0], count)
    with nogil:
        fits = sort_equal_ones(&by, &into[0], count)
    if not fits:
        raise MemoryError(f"no memory to sort {count} texts")
    return order


cdef void sort_by_number(const Sorting* by, int32_t* places, int32_t* spare, int64_t count) noexcept nogil:
    """Sort places by their number, equal ones in their order: few by insertion, else digit by digit from the first."""
    cdef int64_t sums[DIGITS + 1]
    cdef int64_t at, to, number, least = INT64_MAX, greatest = INT64_MIN, digit
    cdef int32_t place
    cdef uint64_t width
    cdef int shift = 0
    if count <= FEW:
        for at in range(1, count):
            place = places[at]
            number = by.numbers[place]
            to = at
            while to and by.numbers[places[to - 1]] > number:
                places[to] = places[to - 1]
                to -= 1
            places[to] = place
        return
    for at in range(count):
        number = by.numbers[places[at]]
        # The least number of all stands for "unknown": it would make the range as wide as the type.
        if number > INT64_MIN:
            least, greatest = min(least, number), max(greatest, number)
    if greatest == INT64_MIN:
        return
    width = <uint64_t>greatest - <uint64_t>least
    while width >> shift > DIGITS - 2:
        shift += 1
    memset(sums, 0, sizeof(sums))
    for at in range(count):
        sums[digit_of(by, places[at], least, shift) + 1] += 1
    for at in range(DIGITS):
        sums[at + 1] += sums[at]
    for at in range(count):
        digit = digit_of(by, places[at], least, shift)
        spare[sums[digit]] = places[at]
        sums[digit] += 1
    memcpy(places, spare, <size_t>count * sizeof(int32_t))
    if shift == 0:
        return
    # Each sum has moved on to the end of its digit.
    at = sums[0]
    for digit in range(1, DIGITS):
        if sums[digit] - at > 1:
            sort_by_number(by, places + at, spare + at, sums[digit] - at)
        at = sums[digit]


cdef inline int64_t digit_of(const Sorting* by, int32_t place, int64_t least, int shift) noexcept nogil:
    """Return a digit from 1; 0 is that of "unknown"."""
    cdef int64_t number = by.numbers[place]
    return 0 if number == INT64_MIN else 1 + <int64_t>((<uint64_t>number - <uint64_t>least) >> shift)


cdef struct Item:
    uint64_t key  # the first eight bytes of the text
    int64_t place


cdef bint sort_equal_ones(const Sorting* by, int32_t* places, int64_t count) noexcept nogil:
    """Sort each run of equal numbers by its texts; False if memory ran out."""
    cdef int64_t begin = 0, end, at, room = 0
    cdef Item* items = NULL
    while begin < count:
        end = begin + 1
        while end < count and by.numbers[places[end]] == by.numbers[places[begin]]:
            end += 1
        if end - begin > 1:
            if end - begin > room:
                free(items)
                room = max(end - begin, 1024)
                items = <Item*>malloc(<size_t>(2 * room) * sizeof(Item))
                if items == NULL:
                    return False
            for at in range(end - begin):
                items[at].place = places[begin + at]
            sort_by_text(by, items, items + room, end - begin)
            for at in range(end - begin):
                places[begin + at] = <int32_t>items[at].place
        begin = end
    free(items)
    return True


cdef inline bint is_before(const Sorting* by, Item one, Item other) noexcept nogil:
    """Whether the text of one item is less than that of another; the key holds the first eight bytes of each."""
    cdef Place first, second
    cdef int compared
    if one.key != other.key:
        return one.key < other.key
    first, second = place_of(by, one.place), place_of(by, other.place)
    compared = memcmp(first.start, second.start, <size_t>min(first.size, second.size))
    return compared < 0 or (compared == 0 and first.size < second.size)


cdef void sort_by_text(const Sorting* by, Item* items, Item* spare, int64_t count) noexcept nogil:
    """Sort items by their texts: few by insertion, in pieces that are then merged."""
    cdef int64_t place, at, begin, middle, end, width = FEW, one, other
    cdef Item item
    cdef Item* from_ = items
    cdef Item* into = spare
    for place in range(count):
        from_[place].key = first_bytes(place_of(by, from_[place].place))
    for place in range(count):
        item = from_[place]
        at = place
        while at % FEW and is_before(by, item, from_[at - 1]):
            from_[at] = from_[at - 1]
            at -= 1
        from_[at] = item
    while width < count:
        begin = 0
        while begin < count:
            middle, end = min(begin + width, count), min(begin + 2 * width, count)
            one, other = begin, middle
            for place in range(begin, end):
                if one < middle and (other >= end or not is_before(by, from_[other], from_[one])):
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
