# cython: language_level=3, boundscheck=False, wraparound=False
"""Walks over graphs of numbered nodes: groups, longest paths, forests, components, reach, strong components.

Nodes are numbers from 0; edges are two arrays of them. Nothing here recurses, so no depth is too deep.
"""

from libc.stdint cimport int64_t, uint8_t

import numpy as np


cdef int check(const int64_t[::1] nodes, int64_t count) except -1:
    """Refuse numbers beyond the nodes: what follows would write beyond its memory."""
    cdef int64_t place
    cdef bint outside = False
    with nogil:
        for place in range(nodes.shape[0]):
            outside |= not 0 <= nodes[place] < count
    if outside:
        raise IndexError(f"a node is not among {count}")
    return 0


def grouped(const int64_t[::1] group, int64_t count):
    """Sort places by group; the order inside a group is kept.

    Returns:
        The place in the order where each group starts, one more than there are groups; and the places.

    Raises:
        IndexError: A group is not among ``count``.
    """
    check(group, count)
    cdef int64_t[::1] starts = np.zeros(count + 1, dtype=np.int64)
    cdef int64_t[::1] order = np.empty(group.shape[0], dtype=np.int64)
    with nogil:
        _group(group, starts, order)
    return np.asarray(starts), np.asarray(order)


cdef void _group(const int64_t[::1] group, int64_t[::1] starts, int64_t[::1] order) noexcept nogil:
    cdef int64_t place, number, total = 0, size, groups = starts.shape[0] - 1
    for place in range(group.shape[0]):
        starts[group[place] + 1] += 1
    for number in range(groups):
        size = starts[number + 1]
        starts[number + 1] = total
        total += size
    # Each start is now one place to the right, and moves on to its end, which is the next start.
    for place in range(group.shape[0]):
        number = group[place] + 1
        order[starts[number]] = place
        starts[number] += 1


def longest_paths(int64_t count, const int64_t[::1] cause, const int64_t[::1] effect):
    """Measure the longest path in edges to each node from one without causes; -1 in or under a cycle.

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: Causes and effects differ in number.
    """
    cdef int64_t edges = cause.shape[0], edge, place, node, head = 0, tail = 0
    if effect.shape[0] != edges:
        raise ValueError(f"{edges} causes and {effect.shape[0]} effects are not edges")
    check(cause, count)
    check(effect, count)
    cdef int64_t[::1] depth = np.zeros(count, dtype=np.int64)
    cdef bint ordered = True
    with nogil:
        for edge in range(edges):
            if cause[edge] >= effect[edge] or (edge and effect[edge] < effect[edge - 1]):
                ordered = False
                break
        if ordered:
            # Causes come before their effects, so that one pass in this order is enough: true clocks give this.
            for edge in range(edges):
                depth[effect[edge]] = max(depth[effect[edge]], depth[cause[edge]] + 1)
    if ordered:
        return np.asarray(depth)
    cdef int64_t[::1] starts = np.zeros(count + 1, dtype=np.int64)
    cdef int64_t[::1] out = np.empty(edges, dtype=np.int64)
    cdef int64_t[::1] waiting = np.zeros(count, dtype=np.int64)
    cdef int64_t[::1] queue = np.empty(count, dtype=np.int64)
    with nogil:
        _group(cause, starts, out)
        for edge in range(edges):
            waiting[effect[edge]] += 1
        for node in range(count):
            if waiting[node] == 0:
                queue[tail] = node
                tail += 1
        while head < tail:
            node = queue[head]
            head += 1
            for place in range(starts[node], starts[node + 1]):
                edge = out[place]
                depth[effect[edge]] = max(depth[effect[edge]], depth[node] + 1)
                waiting[effect[edge]] -= 1
                if waiting[effect[edge]] == 0:
                    queue[tail] = effect[edge]
                    tail += 1
        for node in range(count):
            if waiting[node] > 0:
                depth[node] = -1
    return np.asarray(depth)


def forest(const int64_t[::1] parent):
    """Find the root of each node of a forest, -1 in or under a cycle; the depth; and which nodes lie on a cycle.

    Args:
        parent: Parent of each node, -1 for roots.

    Raises:
        IndexError: A parent is not among the nodes.
    """
    cdef int64_t count = parent.shape[0], start, node, place, length, above
    cdef int64_t[::1] root = np.full(count, -2, dtype=np.int64)
    cdef int64_t[::1] depth = np.zeros(count, dtype=np.int64)
    cdef int64_t[::1] path = np.empty(count, dtype=np.int64)
    cdef uint8_t[::1] cyclic = np.zeros(count, dtype=np.uint8)
    cdef bint outside = False
    with nogil:
        for node in range(count):
            outside |= not -1 <= parent[node] < count
    if outside:
        raise IndexError(f"a parent is not among {count}")
    with nogil:
        for start in range(count):
            node, length = start, 0
            # -2 is a node not seen yet, -3 one on the path that is being walked.
            while node >= 0 and root[node] == -2:
                root[node] = -3
                path[length] = node
                length += 1
                node = parent[node]
            above = -1
            if node >= 0 and root[node] == -3:
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
                root[node] = node
                above = 0
            for place in range(length - 1, -1, -1):
                above += 1
                root[path[place]] = root[node] if node >= 0 else -1
                depth[path[place]] = above
    return np.asarray(root), np.asarray(depth), np.asarray(cyclic).view(np.bool_)


def components(int64_t count, const int64_t[::1] first, const int64_t[::1] second):
    """Label each node with the least node of its weakly connected component.

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: The ends differ in number.
    """
    cdef int64_t edge, one, other
    if first.shape[0] != second.shape[0]:
        raise ValueError(f"{first.shape[0]} first and {second.shape[0]} second ends are not edges")
    check(first, count)
    check(second, count)
    cdef int64_t[::1] label = np.arange(count, dtype=np.int64)
    with nogil:
        for edge in range(first.shape[0]):
            one, other = _leader(label, first[edge]), _leader(label, second[edge])
            if one < other:
                label[other] = one
            elif other < one:
                label[one] = other
        # A leader is the least of its component: the labels of lesser nodes are final.
        for one in range(count):
            label[one] = label[label[one]]
    return np.asarray(label)


cdef inline int64_t _leader(int64_t[::1] label, int64_t node) noexcept nogil:
    while label[node] != node:
        label[node] = label[label[node]]
        node = label[node]
    return node


def reach(const int64_t[::1] starts, const int64_t[::1] members, const int64_t[::1] nodes):
    """Mark what edges lead to from some nodes; a node itself is marked only if an edge leads back to it.

    Args:
        starts: Where the edges of each node start in ``members``, one more than there are nodes.
        members: The nodes that edges lead to.
        nodes: Where to begin.

    Raises:
        IndexError: A node is not among those of ``starts``.
    """
    cdef int64_t count = starts.shape[0] - 1, node, place, top = 0, number
    check(nodes, count)
    check(members, count)
    seen = np.zeros(count, dtype=np.bool_)
    cdef uint8_t[::1] marked = seen.view(np.uint8)
    cdef int64_t[::1] stack = np.empty(count, dtype=np.int64)
    with nogil:
        for number in range(nodes.shape[0]):
            node = nodes[number]
            while True:
                for place in range(starts[node], starts[node + 1]):
                    if not marked[members[place]]:
                        marked[members[place]] = 1
                        stack[top] = members[place]
                        top += 1
                if top == 0:
                    break
                top -= 1
                node = stack[top]
    return seen


def strongly_connected(int64_t count, const int64_t[::1] tail, const int64_t[::1] head):
    """Label each node with its strongly connected component, by the name of a member (Tarjan 1972).

    Raises:
        IndexError: An edge has an end that is not among ``count``.
        ValueError: The ends differ in number.
    """
    cdef int64_t start, node, other, clock = 0, depth, open_count = 0, edges = tail.shape[0]
    if head.shape[0] != edges:
        raise ValueError(f"{edges} tails and {head.shape[0]} heads are not edges")
    check(tail, count)
    check(head, count)
    cdef int64_t[::1] starts = np.zeros(count + 1, dtype=np.int64)
    cdef int64_t[::1] out = np.empty(edges, dtype=np.int64)
    cdef int64_t[::1] label = np.full(count, -1, dtype=np.int64)
    cdef int64_t[::1] number = np.zeros(count, dtype=np.int64)
    cdef int64_t[::1] low = np.zeros(count, dtype=np.int64)
    cdef int64_t[::1] rest = np.empty(count, dtype=np.int64)
    cdef int64_t[::1] path = np.empty(count, dtype=np.int64)
    cdef int64_t[::1] open_nodes = np.empty(count, dtype=np.int64)
    with nogil:
        _group(tail, starts, out)
        for node in range(count):
            rest[node] = starts[node]
        for start in range(count):
            if number[start]:
                continue
            depth = 1
            path[0] = start
            while depth:
                node = path[depth - 1]
                if not number[node]:
                    clock += 1
                    number[node] = low[node] = clock
                    open_nodes[open_count] = node
                    open_count += 1
                if rest[node] < starts[node + 1]:
                    other = head[out[rest[node]]]
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


def first_seen(const int64_t[::1] numbers, int64_t count):
    """Number anew from 0 in the order in which the numbers first occur; -1 stays.

    Returns:
        The new numbers, and the old number of each new one.

    Raises:
        IndexError: A number is neither -1 nor among ``count``.
    """
    cdef int64_t place, known = 0
    cdef bint outside = False
    cdef int64_t[::1] renamed = np.full(count, -1, dtype=np.int64)
    cdef int64_t[::1] old = np.empty(count, dtype=np.int64)
    cdef int64_t[::1] new = np.empty(numbers.shape[0], dtype=np.int64)
    with nogil:
        for place in range(numbers.shape[0]):
            outside |= not -1 <= numbers[place] < count
    if outside:
        raise IndexError(f"a number is not among {count}")
    with nogil:
        for place in range(numbers.shape[0]):
            if numbers[place] < 0:
                new[place] = -1
                continue
            if renamed[numbers[place]] < 0:
                renamed[numbers[place]] = known
                old[known] = numbers[place]
                known += 1
            new[place] = renamed[numbers[place]]
    return np.asarray(new), np.asarray(old[:known])
