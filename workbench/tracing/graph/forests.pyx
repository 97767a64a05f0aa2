# cython: language_level=3, boundscheck=False, wraparound=False
"""Walks over forests, which are given as the parent of each node: roots, depths, cycles, kinds on paths."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


cdef enum:
    UNSEEN = -2
    OPEN = -3  # on the path that is being walked


def forest(parent):
    """Find the root of each node of a forest, -1 in or under a cycle; the depth; and which nodes lie on a cycle.

    Args:
        parent: Parent of each node, -1 for roots.

    Raises:
        IndexError: A parent is not among the nodes.
    """
    cdef const int32_t[::1] above_of = numbers(parent, len(parent), -1)
    cdef int64_t count = above_of.shape[0], start, node, place, length
    cdef int32_t above
    cdef int32_t[::1] root = np.full(count, UNSEEN, dtype=np.int32)
    cdef int32_t[::1] depth = np.zeros(count, dtype=np.int32)
    cdef int32_t[::1] path = np.empty(count, dtype=np.int32)
    cdef uint8_t[::1] cyclic = np.zeros(count, dtype=np.uint8)
    with nogil:
        for start in range(count):
            node, length = start, 0
            while node >= 0 and root[node] == UNSEEN:
                root[node] = OPEN
                path[length] = <int32_t>node
                length += 1
                node = above_of[node]
            above = -1
            if node >= 0 and root[node] == OPEN:
                place = length
                while True:
                    place -= 1
                    cyclic[path[place]] = 1
                    root[path[place]] = -1
                    if path[place] == node:
                        break
                length = place
            elif node >= 0:
                above = depth[node]
            elif length:
                length -= 1
                node = path[length]
                root[node] = <int32_t>node
                above = 0
            for place in range(length - 1, -1, -1):
                above += 1
                root[path[place]] = root[node] if node >= 0 else -1
                depth[path[place]] = above
    return np.asarray(root), np.asarray(depth), np.asarray(cyclic).view(np.bool_)


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
