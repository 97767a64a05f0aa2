# cython: language_level=3, boundscheck=False, wraparound=False
"""Passes over edges that look at both ends: times between them, and where they differ."""

from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint8_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


cdef class Ends:
    """The causes and effects of edges, checked once against the events that there are.

    Args:
        cause: The cause of each edge.
        effect: The effect of each edge.
        count: How many events there are.

    Raises:
        IndexError: An event is not among these.
        ValueError: Causes and effects differ in number.
    """

    cdef const int32_t[::1] cause
    cdef const int32_t[::1] effect
    cdef int64_t count

    def __init__(self, cause, effect, int64_t count):
        self.cause, self.effect, self.count = numbers(cause, count), numbers(effect, count), count
        if self.cause.shape[0] != self.effect.shape[0]:
            raise ValueError(f"{self.cause.shape[0]} causes and {self.effect.shape[0]} effects are not edges")

    def __len__(self):
        return self.cause.shape[0]

    cdef const int64_t[::1] times(self, time):
        cdef const int64_t[::1] found = np.ascontiguousarray(time, dtype=np.int64)
        if found.shape[0] != self.count:
            raise ValueError(f"{found.shape[0]} times do not fit {self.count} events")
        return found

    cdef const int32_t[::1] codes(self, code):
        cdef const int32_t[::1] found = np.ascontiguousarray(code, dtype=np.int32)
        if found.shape[0] != self.count:
            raise ValueError(f"{found.shape[0]} codes do not fit {self.count} events")
        return found

    cdef const int32_t[::1] places(self, place, int64_t places):
        cdef const int32_t[::1] found = numbers(place, places, -1)
        if found.shape[0] != self.cause.shape[0]:
            raise ValueError(f"{found.shape[0]} places do not fit {self.cause.shape[0]} edges")
        return found

    def hops(self, time):
        """Subtract the time of each cause from the time of its effect; the least whole number is no time.

        Returns:
            The difference, 0 where a time is unknown; and whether both times are known.
        """
        cdef const int64_t[::1] at = self.times(time)
        cdef int64_t edge, early, late
        cdef int64_t[::1] between = np.zeros(self.cause.shape[0], dtype=np.int64)
        timed = np.zeros(self.cause.shape[0], dtype=np.bool_)
        cdef uint8_t[::1] known = timed.view(np.uint8)
        with nogil:
            for edge in range(self.cause.shape[0]):
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                if early != INT64_MIN and late != INT64_MIN:
                    between[edge], known[edge] = late - early, 1
        return np.asarray(between), timed

    def hops_at(self, time, place, int64_t places):
        """Put the known times between causes and effects together by place; the order inside a place is kept.

        Args:
            time: Time of each event.
            place: Number of the place of each edge, -1 to leave it out.
            places: How many places there are.

        Returns:
            Where the times of each place start, one more than there are places; and the times.
        """
        cdef const int64_t[::1] at = self.times(time)
        cdef const int32_t[::1] of = self.places(place, places)
        cdef int64_t[::1] starts = np.zeros(places + 1, dtype=np.int64), following
        cdef int64_t edge, early, late, number
        with nogil:
            for edge in range(self.cause.shape[0]):
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                if of[edge] >= 0 and early != INT64_MIN and late != INT64_MIN:
                    starts[of[edge] + 1] += 1
            for number in range(places):
                starts[number + 1] += starts[number]
        following = np.asarray(starts)[:places].copy()
        cdef int64_t[::1] between = np.empty(starts[places], dtype=np.int64)
        with nogil:
            for edge in range(self.cause.shape[0]):
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                if of[edge] >= 0 and early != INT64_MIN and late != INT64_MIN:
                    between[following[of[edge]]] = late - early
                    following[of[edge]] += 1
        return np.asarray(starts), np.asarray(between)

    def least_hops(self, time, place, int64_t places, int64_t begin, int64_t end):
        """Find the least known time from a cause to its effect at each place, and the first edge that has it.

        Args:
            time: Time of each event.
            place: Number of the place of each edge, -1 to leave it out.
            places: How many places there are.
            begin: The first edge to look at.
            end: The edge before which to stop.

        Returns:
            The least times, and the edges, -1 for a place without any.
        """
        cdef const int64_t[::1] at = self.times(time)
        cdef const int32_t[::1] of = self.places(place, places)
        cdef int64_t[::1] least = np.zeros(places, dtype=np.int64), first = np.full(places, -1, dtype=np.int64)
        cdef int64_t edge, early, late
        cdef int32_t here
        if not 0 <= begin <= end <= of.shape[0]:
            raise IndexError(f"edges {begin} to {end} are not among {of.shape[0]}")
        with nogil:
            for edge in range(begin, end):
                here = of[edge]
                if here < 0:
                    continue
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                if early == INT64_MIN or late == INT64_MIN:
                    continue
                if first[here] < 0 or late - early < least[here]:
                    least[here], first[here] = late - early, edge
        return np.asarray(least), np.asarray(first)

    def earlier(self, time, int64_t by):
        """Return the edges whose effect is earlier than the cause, by more than so much."""
        cdef const int64_t[::1] at = self.times(time)
        cdef int64_t edge, early, late, count = 0
        cdef int32_t[::1] found = np.empty(self.cause.shape[0], dtype=np.int32)
        with nogil:
            for edge in range(self.cause.shape[0]):
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                found[count] = <int32_t>edge
                count += early != INT64_MIN and late != INT64_MIN and late - early < -by
        return _shortened(found, count)

    def later(self, time, place, const double[::1] limit):
        """Return the edges that take longer than the limit of their place; NaN is no limit."""
        cdef const int64_t[::1] at = self.times(time)
        cdef const int32_t[::1] of = self.places(place, limit.shape[0])
        cdef int64_t edge, early, late, count = 0
        cdef int32_t[::1] found = np.empty(self.cause.shape[0], dtype=np.int32)
        with nogil:
            for edge in range(self.cause.shape[0]):
                if of[edge] < 0:
                    continue
                early, late = at[self.cause[edge]], at[self.effect[edge]]
                found[count] = <int32_t>edge
                count += early != INT64_MIN and late != INT64_MIN and <double>(late - early) > limit[of[edge]]
        return _shortened(found, count)

    def differing(self, code):
        """Return the edges whose ends have different codes; -1 is no code, and differs from none."""
        cdef const int32_t[::1] of = self.codes(code)
        cdef int64_t edge, count = 0
        cdef int32_t one, other
        cdef int32_t[::1] found = np.empty(self.cause.shape[0], dtype=np.int32)
        with nogil:
            for edge in range(self.cause.shape[0]):
                one, other = of[self.cause[edge]], of[self.effect[edge]]
                found[count] = <int32_t>edge
                count += one >= 0 and other >= 0 and one != other
        return _shortened(found, count)

    def losing(self, code):
        """Return the edges whose effect has no code, as -1 is none, while the cause has one."""
        cdef const int32_t[::1] of = self.codes(code)
        cdef int64_t edge, count = 0
        cdef int32_t[::1] found = np.empty(self.cause.shape[0], dtype=np.int32)
        with nogil:
            for edge in range(self.cause.shape[0]):
                found[count] = <int32_t>edge
                count += of[self.cause[edge]] >= 0 and of[self.effect[edge]] < 0
        return _shortened(found, count)


cdef object _shortened(int32_t[::1] found, int64_t count):
    """Return the first of some numbers, without keeping room for many more."""
    numbers_ = np.asarray(found)[:count]
    return numbers_ if 2 * count > found.shape[0] else numbers_.copy()
