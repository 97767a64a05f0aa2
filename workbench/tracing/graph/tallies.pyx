# cython: language_level=3, boundscheck=False, wraparound=False
"""Counts over graphs of numbered nodes: different members of places, and nodes of one kind on a path."""

import numpy as np

from libc.stdint cimport int32_t, int64_t


cdef const int32_t[::1] numbers(object given, int64_t count, int64_t least=0):
    """Return numbers of 32 bits; refuse those beyond the count: they are places in memory."""
    found = np.ascontiguousarray(given, dtype=np.int32)
    if len(found) and not least <= found.min() <= found.max() < count:
        raise IndexError(f"a number is not among {count}")
    return found


def count_distinct(place, member, int64_t places):
    """Count the different members at each place.

    Args:
        place: Number of the place of each.
        member: Number from 0 of the member of each; equal ones follow each other.
        places: How many places there are.

    Raises:
        IndexError: A place is not among these.
        ValueError: Places and members differ in number.
    """
    cdef const int32_t[::1] at = numbers(place, places)
    cdef const int32_t[::1] members = np.ascontiguousarray(member, dtype=np.int32)
    cdef int32_t[::1] last = np.full(places, -1, dtype=np.int32)
    cdef int64_t[::1] count = np.zeros(places, dtype=np.int64)
    cdef int64_t row
    if at.shape[0] != members.shape[0]:
        raise ValueError(f"{at.shape[0]} places do not fit {members.shape[0]} members")
    with nogil:
        for row in range(at.shape[0]):
            if last[at[row]] != members[row]:
                last[at[row]] = members[row]
                count[at[row]] += 1
    return np.asarray(count)


def same_kind_above(parent, kind, int64_t kinds):
    """Count for each node of a forest the nodes of its kind from its root down to it, itself included.

    Args:
        parent: Parent of each node, -1 for roots.
        kind: Number of the kind of each.
        kinds: How many kinds there are.

    Raises:
        IndexError: A parent or a kind is not among these.
        ValueError: Parents and kinds differ in number.
    """
    cdef int64_t count = len(parent), start
    cdef int32_t node
    cdef const int32_t[::1] above = numbers(parent, count, -1), of = numbers(kind, kinds)
    if of.shape[0] != count:
        raise ValueError(f"{count} parents do not fit {of.shape[0]} kinds")
    cdef int32_t[::1] child = np.full(count, -1, dtype=np.int32), beside = np.full(count, -1, dtype=np.int32)
    cdef int32_t[::1] open_ = np.zeros(kinds, dtype=np.int32), found = np.zeros(count, dtype=np.int32)
    with nogil:
        for start in range(count):
            if above[start] >= 0:
                beside[start] = child[above[start]]
                child[above[start]] = <int32_t>start
        for start in range(count):
            node = <int32_t>start if above[start] < 0 else -1
            while node >= 0:
                open_[of[node]] += 1
                found[node] = open_[of[node]]
                if child[node] >= 0:
                    node = child[node]
                    continue
                # Up to the first node with one beside it, closing what is left behind.
                while node >= 0:
                    open_[of[node]] -= 1
                    if beside[node] >= 0:
                        node = beside[node]
                        break
                    node = above[node]
    return np.asarray(found)
