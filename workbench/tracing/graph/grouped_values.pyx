# cython: language_level=3, boundscheck=False, wraparound=False
"""Values by groups: put together, and the median of their distances from a middle."""

from libc.stdint cimport int32_t, int64_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


def grouped_values(place, const int64_t[::1] value, int64_t places):
    """Put values together by place; the order inside a place is kept.

    Returns:
        Where the values of each place start, one more than there are places; and the values.

    Raises:
        IndexError: A place is not among these.
        ValueError: Places and values differ in number.
    """
    cdef const int32_t[::1] at = numbers(place, places)
    cdef int64_t[::1] starts = np.zeros(places + 1, dtype=np.int64), following
    cdef int64_t[::1] together = np.empty(value.shape[0], dtype=np.int64)
    cdef int64_t row
    if at.shape[0] != value.shape[0]:
        raise ValueError(f"{at.shape[0]} places do not fit {value.shape[0]} values")
    with nogil:
        for row in range(at.shape[0]):
            starts[at[row] + 1] += 1
        for row in range(places):
            starts[row + 1] += starts[row]
    following = np.asarray(starts)[:places].copy()
    with nogil:
        for row in range(at.shape[0]):
            together[following[at[row]]] = value[row]
            following[at[row]] += 1
    return np.asarray(starts), np.asarray(together)


def middle_distances(const int64_t[::1] starts, const int64_t[::1] ordered, const int64_t[::1] twice_middle):
    """Take the median of the distances of values from a middle, in each group; NaN for an empty one.

    Args:
        starts: Where the values of each group start in ``ordered``, one more than there are groups.
        ordered: The values, ascending inside each group.
        twice_middle: Two times the middle of each group.

    Raises:
        IndexError: The groups do not lie within the values.
        ValueError: Middles and groups differ in number.
    """
    cdef int64_t groups = starts.shape[0] - 1, number, begin, end, left, right, step, before, last
    cdef double[::1] found = np.full(groups, np.nan)
    if twice_middle.shape[0] != groups:
        raise ValueError(f"{twice_middle.shape[0]} middles do not fit {groups} groups")
    if groups and (starts[0] < 0 or starts[groups] > ordered.shape[0] or (np.diff(starts) < 0).any()):
        raise IndexError(f"a group does not lie within {ordered.shape[0]} values")
    with nogil:
        for number in range(groups):
            begin, end = starts[number], starts[number + 1]
            if begin == end:
                continue
            right = begin + (end - begin) // 2
            while right < end and 2 * ordered[right] <= twice_middle[number]:
                right += 1
            while right > begin and 2 * ordered[right - 1] > twice_middle[number]:
                right -= 1
            left = right - 1
            before = last = 0
            # The nearest values lie on both sides of the middle: half of them are taken, from the inside.
            for step in range((end - begin) // 2 + 1):
                before = last
                if right == end or (
                    left >= begin and twice_middle[number] - 2 * ordered[left] <= 2 * ordered[right] - twice_middle[number]
                ):
                    last = twice_middle[number] - 2 * ordered[left]
                    left -= 1
                else:
                    last = 2 * ordered[right] - twice_middle[number]
                    right += 1
            found[number] = last / 2.0 if (end - begin) % 2 else before / 4.0 + last / 4.0
    return np.asarray(found)
