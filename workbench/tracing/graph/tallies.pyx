# cython: language_level=3, boundscheck=False, wraparound=False
"""Counts and least values over graphs of numbered nodes: by pairs of codes, by places, by groups, on paths."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t


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
    """Count, for each group of rows, the rows at each place.

    Args:
        starts: Where the rows of each group start in ``order``, one more than there are groups.
        order: The rows, group by group.
        place: Number of the place of each row.
        places: How many places there are.

    Returns:
        The group, the place and the count of each pair that occurs, by group.

    Raises:
        IndexError: A row or a place is not among those given.
    """
    cdef const int32_t[::1] at = numbers(place, places), rows = numbers(order, len(place))
    cdef const int32_t[::1] bounds = numbers(starts, len(order) + 1)
    cdef int32_t[::1] entry = np.full(places, -1, dtype=np.int32)
    cdef int32_t[::1] group = np.empty(rows.shape[0], dtype=np.int32)
    cdef int32_t[::1] where = np.empty(rows.shape[0], dtype=np.int32), count = np.empty(rows.shape[0], dtype=np.int32)
    cdef int64_t number, row, found = 0, begin
    cdef int32_t here
    with nogil:
        for number in range(bounds.shape[0] - 1):
            begin = found
            for row in range(bounds[number], bounds[number + 1]):
                here = at[rows[row]]
                if entry[here] < begin:
                    entry[here] = <int32_t>found
                    group[found], where[found], count[found] = <int32_t>number, here, 0
                    found += 1
                count[entry[here]] += 1
    return np.asarray(group)[:found], np.asarray(where)[:found], np.asarray(count)[:found]


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


def least_at(place, const int64_t[::1] value, int64_t places):
    """Find the least value at each place, and the first row that has it; -1 for a place without rows.

    Args:
        place: Number of the place of each row, -1 for none.
        value: Value of each row.
        places: How many places there are.

    Raises:
        IndexError: A place is not among these.
        ValueError: Places and values differ in number.
    """
    cdef const int32_t[::1] at = numbers(place, places, -1)
    cdef int64_t[::1] least = np.zeros(places, dtype=np.int64), first = np.full(places, -1, dtype=np.int64)
    cdef int64_t row
    cdef int32_t here
    if at.shape[0] != value.shape[0]:
        raise ValueError(f"{at.shape[0]} places do not fit {value.shape[0]} values")
    with nogil:
        for row in range(at.shape[0]):
            here = at[row]
            if here >= 0 and (first[here] < 0 or value[row] < least[here]):
                least[here], first[here] = value[row], row
    return np.asarray(least), np.asarray(first)


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
