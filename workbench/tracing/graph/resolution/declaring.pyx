# cython: language_level=3, boundscheck=False, wraparound=False
"""Lists the declared causes of events: those of their canonical records."""

from libc.stdint cimport int32_t, int64_t

import numpy as np


def declare(row, starts, value):
    """List the entries of the canonical records, by node and then in their order; those without a value are left out.

    Args:
        row: The canonical record of each node.
        starts: Where the entries of each record start, one more than there are records.
        value: Number of the text of each entry, -1 for none.

    Returns:
        The entries, and the node of each.

    Raises:
        ValueError: A record is not among those of ``starts``, or these are not among the entries.
    """
    cdef const int32_t[::1] rows = row, begins = starts, values = value
    cdef int64_t node, entry, count = 0
    cdef bint fits = True
    with nogil:
        for entry in range(begins.shape[0] - 1):
            fits &= 0 <= begins[entry] <= begins[entry + 1] <= values.shape[0]
        for node in range(rows.shape[0]):
            fits &= 0 <= rows[node] < begins.shape[0] - 1
            if not fits:
                break
            for entry in range(begins[rows[node]], begins[rows[node] + 1]):
                count += values[entry] >= 0
    if not fits:
        raise ValueError("the records and their entries do not fit each other")
    found = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    cdef int32_t[::1] entries = found[0], nodes = found[1]
    count = 0
    with nogil:
        for node in range(rows.shape[0]):
            for entry in range(begins[rows[node]], begins[rows[node] + 1]):
                if values[entry] >= 0:
                    entries[count], nodes[count] = <int32_t>entry, <int32_t>node
                    count += 1
    return found
