# cython: language_level=3, boundscheck=False, wraparound=False
"""Counts over numbered nodes and edges: by pairs of codes, by places, by groups."""

from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from workbench.tracing.graph.numbers cimport numbers


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


def count_codes(code, int64_t codes):
    """Count each code; -1 is none.

    Raises:
        IndexError: A code is not among these.
    """
    cdef const int32_t[::1] of = numbers(code, codes, -1)
    cdef int64_t[::1] count = np.zeros(codes + 1, dtype=np.int64)
    cdef int64_t place
    with nogil:
        for place in range(of.shape[0]):
            count[of[place] + 1] += 1
    return np.asarray(count)[1:]


def of_several(group, int64_t groups):
    """Return the members of groups that have several, ascending.

    Args:
        group: Number of the group of each.
        groups: How many groups there are.

    Raises:
        IndexError: A group is not among these.
    """
    cdef const int32_t[::1] of = numbers(group, groups)
    cdef uint8_t[::1] several = np.zeros(groups, dtype=np.uint8)  # 1 once a group has a member, 2 with another
    cdef int32_t[::1] found = np.empty(of.shape[0], dtype=np.int32)
    cdef int64_t member, count = 0
    with nogil:
        for member in range(of.shape[0]):
            several[of[member]] = min(several[of[member]] + 1, 2)
        for member in range(of.shape[0]):
            found[count] = <int32_t>member
            count += several[of[member]] == 2
    return np.asarray(found)[:count].copy()


def number_pairs(code, first, second, int64_t codes, bint apart=False):
    """Number the pairs of codes at the two ends of edges from 0, in the order (first, second).

    Args:
        code: Code of each node.
        first: The node at the first end of each edge.
        second: The node at the second end.
        codes: How many codes there are.
        apart: Give -1 to edges with equal codes, and to those with an end whose code is -1.

    Returns:
        Each pair that occurs, as ``first * codes + second``; and the number of each edge's pair.

    Raises:
        IndexError: A code or a node is not among those given.
        ValueError: The ends differ in number.
    """
    cdef const int32_t[::1] of = numbers(code, codes, -1 if apart else 0)
    cdef const int32_t[::1] firsts = numbers(first, len(code)), seconds = numbers(second, len(code))
    cdef int64_t edge, count = firsts.shape[0], pair, found = 0
    cdef int32_t one, other
    if seconds.shape[0] != count:
        raise ValueError(f"{count} first and {seconds.shape[0]} second ends are not edges")
    if codes * codes > max(LEAST_TABLE, count):
        return _sorted_pairs(np.asarray(of), np.asarray(firsts), np.asarray(seconds), codes, apart)
    cdef int32_t[::1] place = np.empty(count, dtype=np.int32), table = np.zeros(codes * codes, dtype=np.int32)
    with nogil:
        for edge in range(count):
            one, other = of[firsts[edge]], of[seconds[edge]]
            if apart and (one == other or one < 0 or other < 0):
                place[edge] = -1
                continue
            place[edge] = <int32_t>(one * codes + other)
            table[place[edge]] = 1
        for pair in range(codes * codes):
            if table[pair]:
                table[pair] = <int32_t>found
                found += 1
    pairs = np.empty(found, dtype=np.int64)
    cdef int64_t[::1] names = pairs
    with nogil:
        for edge in range(count):
            if place[edge] >= 0:
                pair = place[edge]
                place[edge] = table[pair]
                names[place[edge]] = pair
    return pairs, np.asarray(place)


cdef enum:
    LEAST_TABLE = 1 << 14  # a table of so many entries is cheaper than a sort, however few the edges are


def _sorted_pairs(code, first, second, int64_t codes, bint apart):
    """Number pairs of so many codes that a table of all would be larger than the edges."""
    one, other = code[first].astype(np.int64), code[second]
    chosen = (one >= 0) & (other >= 0) & (one != other) if apart else np.ones(len(one), dtype=np.bool_)
    pairs, number = np.unique((one * codes + other)[chosen], return_inverse=True)
    place = np.full(len(one), -1, dtype=np.int32)
    place[chosen] = number
    return pairs, place


def count_fans(starts, order, place, int64_t places):
    """Count at each place the rows of each group.

    Args:
        starts: Where the rows of each group start in ``order``, one more than there are groups.
        order: The rows, group by group.
        place: Number of the place of each row.
        places: How many places there are.

    Returns:
        Where the groups of each place start, one more than there are places; the groups, ascending at each place; and
        how many rows of each are there.

    Raises:
        IndexError: A row or a place is not among those given.
    """
    cdef const int32_t[::1] at = numbers(place, places), rows = numbers(order, len(place))
    cdef const int32_t[::1] bounds = numbers(starts, len(order) + 1)
    cdef int32_t[::1] begins = np.zeros(places + 1, dtype=np.int32), following
    cdef int32_t[::1] last = np.full(places, -1, dtype=np.int32)
    cdef int64_t number, row
    cdef int32_t here
    with nogil:
        for number in range(bounds.shape[0] - 1):
            for row in range(bounds[number], bounds[number + 1]):
                here = at[rows[row]]
                begins[here + 1] += last[here] != number
                last[here] = <int32_t>number
        for number in range(places):
            begins[number + 1] += begins[number]
    following = np.asarray(begins)[:places].copy()
    cdef int32_t[::1] group = np.empty(begins[places], dtype=np.int32), count = np.empty(begins[places], dtype=np.int32)
    with nogil:
        for number in range(places):
            last[number] = -1
        for number in range(bounds.shape[0] - 1):
            for row in range(bounds[number], bounds[number + 1]):
                here = at[rows[row]]
                if last[here] != number:
                    last[here] = <int32_t>number
                    group[following[here]], count[following[here]] = <int32_t>number, 0
                    following[here] += 1
                count[following[here] - 1] += 1
    return np.asarray(begins), np.asarray(group), np.asarray(count)


def first_with(order, group, member, int64_t members):
    """Mark the first node with each pair of group and member.

    Args:
        order: Nodes, group by group.
        group: Number of the group of each node.
        member: Number from 0 of the member of each node.
        members: How many members there are.

    Raises:
        IndexError: A node or a member is not among those given.
        ValueError: Groups and members differ in number.
    """
    cdef const int32_t[::1] of = np.ascontiguousarray(group, dtype=np.int32), who = numbers(member, members)
    cdef const int32_t[::1] nodes = numbers(order, len(group))
    cdef int32_t[::1] last = np.full(members, -1, dtype=np.int32)
    cdef int64_t place
    cdef int32_t node
    if of.shape[0] != who.shape[0]:
        raise ValueError(f"{of.shape[0]} groups do not fit {who.shape[0]} members")
    marked = np.zeros(of.shape[0], dtype=np.bool_)
    cdef uint8_t[::1] marks = marked.view(np.uint8)
    with nogil:
        for place in range(nodes.shape[0]):
            node = nodes[place]
            if last[who[node]] != of[node]:
                last[who[node]] = of[node]
                marks[node] = 1
    return marked
