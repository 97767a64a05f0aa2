# cython: language_level=3, boundscheck=False, wraparound=False
"""Times between the two ends of edges, in one pass over them."""

import numpy as np

from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint8_t



cdef class Ends:
    """The causes and effects of edges, checked against the events that there are."""

    cdef const int32_t[::1] cause
    cdef const int32_t[::1] effect

    def __init__(self, cause, effect, int64_t count):
        cdef int64_t edge
        cdef bint outside = False
        self.cause, self.effect = (np.ascontiguousarray(side, dtype=np.int32) for side in (cause, effect))
        if self.cause.shape[0] != self.effect.shape[0]:
            raise ValueError(f"{self.cause.shape[0]} causes and {self.effect.shape[0]} effects are not edges")
        with nogil:
            for edge in range(self.cause.shape[0]):
                outside |= not (0 <= self.cause[edge] < count and 0 <= self.effect[edge] < count)
        if outside:
            raise IndexError(f"an event is not among {count}")


def hop_times(const int64_t[::1] time, cause, effect):
    """Subtract the time of each cause from the time of its effect; the least whole number is no time.

    Returns:
        The difference, 0 where a time is unknown; and whether both times are known.

    Raises:
        IndexError: An event is not among those that have a time.
        ValueError: Causes and effects differ in number.
    """
    cdef Ends ends = Ends(cause, effect, time.shape[0])
    cdef int64_t edge, early, late
    cdef int64_t[::1] between = np.zeros(ends.cause.shape[0], dtype=np.int64)
    timed = np.zeros(ends.cause.shape[0], dtype=np.bool_)
    cdef uint8_t[::1] known = timed.view(np.uint8)
    with nogil:
        for edge in range(ends.cause.shape[0]):
            early, late = time[ends.cause[edge]], time[ends.effect[edge]]
            if early != INT64_MIN and late != INT64_MIN:
                between[edge], known[edge] = late - early, 1
    return np.asarray(between), timed


def hop_times_by_kind(const int64_t[::1] time, cause, effect, kind, int64_t kinds, used=None):
    """Put the known times between causes and effects together by the kind of the effect.

    Args:
        time: Time of each event, the least whole number for none.
        cause: The cause of each edge.
        effect: The effect of each edge.
        kind: Number of the kind of each event.
        kinds: How many kinds there are.
        used: Marks the edges to take; by default all.

    Returns:
        Where the times of each kind start, one more than there are kinds; and the times.

    Raises:
        IndexError: An event or a kind is not among those given.
        ValueError: Causes and effects, or events and their kinds, differ in number.
    """
    cdef Ends ends = Ends(cause, effect, time.shape[0])
    cdef const int32_t[::1] of = np.ascontiguousarray(kind, dtype=np.int32)
    cdef const uint8_t[::1] taken = None if used is None else np.ascontiguousarray(used).view(np.uint8)
    cdef int64_t[::1] starts = np.zeros(kinds + 1, dtype=np.int64), following
    cdef int64_t edge, early, late, number
    cdef bint outside = False, every = used is None
    if of.shape[0] != time.shape[0] or not (every or taken.shape[0] == ends.cause.shape[0]):
        raise ValueError(f"{of.shape[0]} kinds do not fit {time.shape[0]} events")
    with nogil:
        for number in range(of.shape[0]):
            outside |= not 0 <= of[number] < kinds
    if outside:
        raise IndexError(f"a kind is not among {kinds}")
    with nogil:
        for edge in range(ends.cause.shape[0]):
            early, late = time[ends.cause[edge]], time[ends.effect[edge]]
            if early != INT64_MIN and late != INT64_MIN and (every or taken[edge]):
                starts[of[ends.effect[edge]] + 1] += 1
        for number in range(kinds):
            starts[number + 1] += starts[number]
    following = np.asarray(starts)[:kinds].copy()
    cdef int64_t[::1] between = np.empty(starts[kinds], dtype=np.int64)
    with nogil:
        for edge in range(ends.cause.shape[0]):
            early, late = time[ends.cause[edge]], time[ends.effect[edge]]
            if early != INT64_MIN and late != INT64_MIN and (every or taken[edge]):
                number = of[ends.effect[edge]]
                between[following[number]] = late - early
                following[number] += 1
    return np.asarray(starts), np.asarray(between)
