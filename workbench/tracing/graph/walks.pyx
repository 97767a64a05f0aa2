# cython: language_level=3, boundscheck=False, wraparound=False
"""Walks over graphs of numbered nodes: groups, longest paths, components, reach, strong components.

Nodes are numbers of 32 bits from 0; edges are two arrays of them. Nothing here recurses, so no depth is too deep.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


def grouped(group, int64_t count):
    """Sort places by group; the order inside a group is kept.

    Returns:
        The place in the order where each group starts, one more than there are groups; and the places.

    Raises:
        IndexError: A group is not among ``count``.
    """
    cdef const int32_t[::1] groups = numbers(group, count)
    cdef int32_t[::1] starts = np.zeros(count + 1, dtype=np.int32)
    cdef int32_t[::1] order = np.empty(groups.shape[0], dtype=np.int32)
    with nogil:
        _group(groups, starts, order)
    return np.asarray(starts), np.asarray(order)


cdef void _group(const int32_t[::1] group, int32_t[::1] starts, int32_t[::1] order) noexcept nogil:
    cdef int64_t place, number, groups = starts.shape[0] - 1
    cdef int32_t total = 0, size
    for place in range(group.shape[0]):
        starts[group[place] + 1] += 1
    for number in range(groups):
        size = starts[number + 1]
        starts[number + 1] = total
        total += size
    # Each start is now one place to the right, and moves on to its end, which is the next start.
    for place in range(group.shape[0]):
        number = group[place] + 1
        order[starts[number]] = <int32_t>place
        starts[number] += 1


cdef class Above:
    """The causes of each node."""

    cdef int32_t[::1] starts
    cdef const int32_t[::1] cause

    def __init__(self, int64_t count, const int32_t[::1] cause, const int32_t[::1] effect):
        cdef int64_t edge
        cdef bint in_order = True
        if effect.shape[0] != cause.shape[0]:
            raise ValueError(f"{cause.shape[0]} causes and {effect.shape[0]} effects are not edges")
        self.starts = np.zeros(count + 1, dtype=np.int32)
        with nogil:
            for edge in range(1, effect.shape[0]):
                if effect[edge] < effect[edge - 1]:
                    in_order = False
                    break
            if in_order:
                for edge in range(effect.shape[0]):
                    self.starts[effect[edge] + 1] += 1
                for edge in range(count):
                    self.starts[edge + 1] += self.starts[edge]
        if in_order:
            self.cause = cause
            return
        order = np.empty(effect.shape[0], dtype=np.int32)
        _group(effect, self.starts, order)
        self.cause = np.asarray(cause)[order]


def longest_paths(int64_t count, cause, effect):
    """Measure the longest path in edges to each node from one without causes; -1 in or under a cycle.

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: Causes and effects differ in number.
    """
    cdef Above above = Above(count, numbers(cause, count), numbers(effect, count))
    cdef int32_t[::1] starts = above.starts, path, rest
    cdef const int32_t[::1] causes = above.cause
    cdef int32_t[::1] depth = np.full(count, UNSEEN, dtype=np.int32)
    cdef int64_t node = 0
    with nogil:
        # Causes come before their effects where clocks are right: one pass in this order is then enough.
        while node < count and _is_placed(starts, causes, depth, node):
            node += 1
    if node < count:
        path, rest = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
        with nogil:
            for node in range(node, count):
                if depth[node] == UNSEEN and not _is_placed(starts, causes, depth, node):
                    _place_above(starts, causes, depth, path, rest, node)
    return np.asarray(depth)


cdef enum:
    UNSEEN = -2
    OPEN = -3  # on the path that is being walked


cdef inline bint _is_placed(
    const int32_t[::1] starts, const int32_t[::1] cause, int32_t[::1] depth, int64_t node
) noexcept nogil:
    """Place a node below its causes, if all of them are placed."""
    cdef int32_t deepest = 0, above
    cdef int64_t edge
    for edge in range(starts[node], starts[node + 1]):
        above = depth[cause[edge]]
        if above == UNSEEN:
            return False
        # A cause on the path that is being walked leads back to this node.
        if above < 0:
            deepest = -1
        elif deepest >= 0:
            deepest = max(deepest, above + 1)
    depth[node] = deepest
    return True


cdef void _place_above(
    const int32_t[::1] starts, const int32_t[::1] cause, int32_t[::1] depth, int32_t[::1] path, int32_t[::1] rest,
    int64_t start,
) noexcept nogil:
    """Place a node and all that is above it."""
    cdef int64_t length = 1, node, edge
    path[0], rest[0] = <int32_t>start, starts[start]
    while length:
        node = path[length - 1]
        depth[node] = OPEN
        for edge in range(rest[length - 1], starts[node + 1]):
            if depth[cause[edge]] == UNSEEN:
                rest[length - 1] = <int32_t>edge + 1
                path[length], rest[length] = cause[edge], starts[cause[edge]]
                length += 1
                break
        else:
            _is_placed(starts, cause, depth, node)
            length -= 1


def components(int64_t count, *ends):
    """Label each node with the least node of its weakly connected component.

    Args:
        count: How many nodes there are.
        ends: The first and the second ends of edges, perhaps of several kinds: first, second, first, second.

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: The ends differ in number.
    """
    cdef const int32_t[::1] firsts, seconds
    cdef int64_t edge
    cdef int32_t one, other
    cdef int32_t[::1] label = np.arange(count, dtype=np.int32)
    for first, second in zip(ends[::2], ends[1::2], strict=True):
        firsts, seconds = numbers(first, count), numbers(second, count)
        if firsts.shape[0] != seconds.shape[0]:
            raise ValueError(f"{firsts.shape[0]} first and {seconds.shape[0]} second ends are not edges")
        with nogil:
            for edge in range(firsts.shape[0]):
                one, other = _leader(label, firsts[edge]), _leader(label, seconds[edge])
                if one < other:
                    label[other] = one
                elif other < one:
                    label[one] = other
    with nogil:
        # A leader is the least of its component: the labels of lesser nodes are final.
        for edge in range(count):
            label[edge] = label[label[edge]]
    return np.asarray(label)


def number_components(int32_t[::1] label):
    """Number components from 0 in the order of their least nodes, in place.

    Args:
        label: What `components` returns.

    Raises:
        IndexError: A label is greater than its node.
    """
    cdef int64_t node
    cdef int32_t found = 0
    with nogil:
        for node in range(label.shape[0]):
            if label[node] == node:
                label[node] = found
                found += 1
            elif 0 <= label[node] < node:
                label[node] = label[label[node]]
            else:
                with gil:
                    raise IndexError(f"the label of node {node} is not the least of its component")
    return found


cdef inline int32_t _leader(int32_t[::1] label, int32_t node) noexcept nogil:
    while label[node] != node:
        label[node] = label[label[node]]
        node = label[node]
    return node


def reach(starts, members, nodes):
    """Mark what edges lead to from some nodes; a node itself is marked only if an edge leads back to it.

    Args:
        starts: Where the edges of each node start in ``members``, one more than there are nodes.
        members: The nodes that edges lead to.
        nodes: Where to begin.

    Raises:
        IndexError: A node is not among those of ``starts``.
    """
    cdef int64_t count = len(starts) - 1, node, place, top = 0, number
    cdef const int32_t[::1] bounds = numbers(starts, len(members) + 1), ends = numbers(members, count)
    cdef const int32_t[::1] begins = numbers(nodes, count)
    seen = np.zeros(count, dtype=np.bool_)
    cdef uint8_t[::1] marked = seen.view(np.uint8)
    cdef int32_t[::1] stack = np.empty(count, dtype=np.int32)
    with nogil:
        for number in range(begins.shape[0]):
            node = begins[number]
            while True:
                for place in range(bounds[node], bounds[node + 1]):
                    if not marked[ends[place]]:
                        marked[ends[place]] = 1
                        stack[top] = ends[place]
                        top += 1
                if top == 0:
                    break
                top -= 1
                node = stack[top]
    return seen


def strongly_connected(int64_t count, tail, head):
    """Label each node with its strongly connected component, by the name of a member (Tarjan 1972).

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: The ends differ in number.
    """
    # Which way the edges lead makes no difference: causes are followed, as they come before their effects.
    cdef Above above = Above(count, numbers(tail, count), numbers(head, count))
    cdef int32_t[::1] starts = above.starts
    cdef const int32_t[::1] causes = above.cause
    cdef int64_t start, depth, open_count = 0
    cdef int32_t node, other, clock = 0
    cdef int32_t[::1] label = np.full(count, -1, dtype=np.int32)
    cdef int32_t[::1] number = np.zeros(count, dtype=np.int32)
    cdef int32_t[::1] low = np.zeros(count, dtype=np.int32)
    cdef int32_t[::1] rest = np.empty(count, dtype=np.int32)
    cdef int32_t[::1] path = np.empty(count, dtype=np.int32)
    cdef int32_t[::1] open_nodes = np.empty(count, dtype=np.int32)
    with nogil:
        for start in range(count):
            rest[start] = starts[start]
        for start in range(count):
            if number[start]:
                continue
            depth = 1
            path[0] = <int32_t>start
            while depth:
                node = path[depth - 1]
                if not number[node]:
                    clock += 1
                    number[node] = low[node] = clock
                    open_nodes[open_count] = node
                    open_count += 1
                if rest[node] < starts[node + 1]:
                    other = causes[rest[node]]
                    rest[node] += 1
                    if not number[other]:
                        path[depth] = other
                        depth += 1
                    elif label[other] < 0:
                        low[node] = min(low[node], number[other])
                    continue
                depth -= 1
                if depth:
                    low[path[depth - 1]] = min(low[path[depth - 1]], low[node])
                if low[node] == number[node]:
                    while True:
                        open_count -= 1
                        label[open_nodes[open_count]] = node
                        if open_nodes[open_count] == node:
                            break
    return np.asarray(label)


def first_seen(given, int64_t count):
    """Number anew from 0 in the order in which the numbers first occur; -1 stays.

    Returns:
        The new numbers, and the old number of each new one.

    Raises:
        IndexError: A number is neither -1 nor among ``count``.
    """
    cdef const int32_t[::1] old_of = numbers(given, count, -1)
    cdef int64_t place
    cdef int32_t known = 0
    cdef int32_t[::1] renamed = np.full(count, -1, dtype=np.int32)
    cdef int32_t[::1] old = np.empty(count, dtype=np.int32)
    cdef int32_t[::1] new = np.empty(old_of.shape[0], dtype=np.int32)
    with nogil:
        for place in range(old_of.shape[0]):
            if old_of[place] < 0:
                new[place] = -1
                continue
            if renamed[old_of[place]] < 0:
                renamed[old_of[place]] = known
                old[known] = old_of[place]
                known += 1
            new[place] = renamed[old_of[place]]
    return np.asarray(new), np.asarray(old[:known])
