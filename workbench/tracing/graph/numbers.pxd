# cython: boundscheck=False, wraparound=False
from libc.stdint cimport INT32_MAX, int32_t, int64_t

import numpy as np


cdef inline const int32_t[::1] numbers(object given, int64_t count, int64_t least=0):
    """Return numbers of 32 bits; refuse those that are not among a count: they are places in memory."""
    cdef int64_t place
    cdef bint outside = False
    if not 0 <= count <= INT32_MAX:
        raise ValueError(f"{count} nodes are not numbered in 32 bits")
    found = np.asarray(given)
    if found.dtype != np.int32 and len(found):
        outside = found.min() < least or found.max() >= count
    cdef const int32_t[::1] checked = np.ascontiguousarray(found, dtype=np.int32)
    with nogil:
        for place in range(checked.shape[0]):
            outside |= not least <= checked[place] < count
    if outside:
        raise IndexError(f"a number is not among {count}")
    return checked
