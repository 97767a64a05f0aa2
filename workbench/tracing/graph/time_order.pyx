# cython: language_level=3, boundscheck=False, wraparound=False
"""Records in the order of time: those behind others of their lane, and the order of those at one time."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


def behind(lane, const int64_t[::1] offset, const int64_t[::1] time, int64_t lanes, int64_t step):
    """Mark records that are earlier, by more than a step, than a record at a smaller offset of their lane.

    Args:
        lane: Number of the lane of each record.
        offset: Offset of each.
        time: Time of each, ascending.
        lanes: How many lanes there are.
        step: Records may be so much earlier.

    Raises:
        IndexError: A lane is not among these.
        ValueError: Lanes, offsets and times differ in number.
    """
    cdef const int32_t[::1] of = numbers(lane, lanes)
    cdef int64_t[::1] least = np.full(lanes, np.iinfo(np.int64).max, dtype=np.int64)
    cdef int64_t record, later = of.shape[0] - 1
    if not of.shape[0] == offset.shape[0] == time.shape[0]:
        raise ValueError(f"{of.shape[0]} lanes do not fit {offset.shape[0]} offsets and {time.shape[0]} times")
    marked = np.zeros(of.shape[0], dtype=np.bool_)
    cdef uint8_t[::1] marks = marked.view(np.uint8)
    with nogil:
        for record in range(of.shape[0] - 1, -1, -1):
            while later >= 0 and time[later] > time[record] + step:
                least[of[later]] = min(least[of[later]], offset[later])
                later -= 1
            marks[record] = least[of[record]] < offset[record]
    return marked


def order_ties(int32_t[::1] node, group, const int64_t[::1] time, keys, int64_t longest=64):
    """Order neighbours of one group and one time by further keys, in place.

    Args:
        node: Nodes, group by group, by time.
        group: Number of the group of each node.
        time: Time of each node.
        keys: Three arrays with one whole number for each node, the first two of 32 bits; the first one decides.
        longest: Longer runs of equal times are left as they are.

    Returns:
        Where each run that was left as it is begins and ends.

    Raises:
        IndexError: A node is not among those that have a time.
        ValueError: Keys, groups and times differ in number.
    """
    cdef const int32_t[::1] checked = numbers(np.asarray(node), time.shape[0])
    cdef const int32_t[::1] of = np.ascontiguousarray(group, dtype=np.int32)
    cdef const int32_t[::1] first, second
    cdef const int64_t[::1] third
    cdef int64_t begin = 0, end, place, free, count = checked.shape[0]
    cdef int32_t moved
    first, second, third = map(np.ascontiguousarray, keys, (np.int32, np.int32, np.int64))
    if not of.shape[0] == first.shape[0] == second.shape[0] == third.shape[0] == time.shape[0]:
        raise ValueError(f"{of.shape[0]} groups and their keys do not fit {time.shape[0]} times")
    left = []
    while begin < count:
        with nogil:
            while begin < count:
                end = begin + 1
                while end < count and of[node[end]] == of[node[begin]] and time[node[end]] == time[node[begin]]:
                    end += 1
                if end - begin > longest:
                    break
                for place in range(begin + 1, end):
                    moved, free = node[place], place
                    while free > begin and _precedes(moved, node[free - 1], first, second, third):
                        node[free] = node[free - 1]
                        free -= 1
                    node[free] = moved
                begin = end
        if begin < count:
            left.append((begin, end))
            begin = end
    return left


cdef inline bint _precedes(
    int32_t one, int32_t other, const int32_t[::1] first, const int32_t[::1] second, const int64_t[::1] third
) noexcept nogil:
    if first[one] != first[other]:
        return first[one] < first[other]
    if second[one] != second[other]:
        return second[one] < second[other]
    return third[one] < third[other]
