# cython: language_level=3, boundscheck=False, wraparound=False
"""Takes values by their places: numpy first makes numbers of 64 bits of all places, which costs more than the taking."""

from libc.stdint cimport int8_t, int32_t, int64_t

import numpy as np

ctypedef fused Value:
    int8_t
    int32_t
    int64_t


def taken(values, places):
    """Take values by their places; -1 is the last value.

    Args:
        values: Values of 1, 4 or 8 bytes.
        places: Their places.

    Raises:
        IndexError: There is no such place.
    """
    source, wanted = np.ascontiguousarray(values), np.ascontiguousarray(places, dtype=np.int32)
    found = np.empty(len(wanted), dtype=source.dtype)
    kind = {1: np.int8, 4: np.int32, 8: np.int64}[source.dtype.itemsize]
    fits = True
    if kind is np.int8:
        fits = _take[int8_t](source.view(kind), wanted, found.view(kind))
    elif kind is np.int32:
        fits = _take[int32_t](source.view(kind), wanted, found.view(kind))
    else:
        fits = _take[int64_t](source.view(kind), wanted, found.view(kind))
    if not fits:
        raise IndexError(f"a place is not among {len(source)}")
    return found


cdef bint _take(const Value[::1] values, const int32_t[::1] places, Value[::1] into):
    cdef int64_t at, count = values.shape[0]
    cdef int32_t place
    cdef bint fits = True
    with nogil:
        for at in range(places.shape[0]):
            place = places[at]
            if place == -1:
                place = <int32_t>count - 1
            if not 0 <= place < count:
                fits = False
                break
            into[at] = values[place]
    return fits


def inverted(order):
    """Return the place of each number in an order of the numbers from 0.

    Raises:
        IndexError: A number is not among them.
    """
    cdef const int32_t[::1] numbers = np.ascontiguousarray(order, dtype=np.int32)
    cdef int32_t[::1] place = np.empty(numbers.shape[0], dtype=np.int32)
    cdef int64_t at, count = numbers.shape[0]
    cdef bint fits = True
    with nogil:
        for at in range(count):
            if not 0 <= numbers[at] < count:
                fits = False
                break
            place[numbers[at]] = <int32_t>at
    if not fits:
        raise IndexError(f"a number is not among {count}")
    return np.asarray(place)
