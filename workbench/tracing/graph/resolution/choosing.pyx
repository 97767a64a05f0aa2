# cython: language_level=3, boundscheck=False, wraparound=False
"""Decides, event by event, what becomes of each declared cause, and makes the edges (`docs/tracing.md` 2.3)."""

from libc.stdint cimport INT64_MAX, int8_t, int32_t, int64_t
from libc.stdlib cimport free, qsort

import numpy as np

from workbench.buffers.slices cimport grown

cdef enum:
    FEW = 16  # so many are compared each with each

# The order of the names in `workbench.tracing.graph.resolution.declared` and `workbench.tracing.graph.edges`.
cdef enum:
    EVENT_ID = 0
    POSITION = 2

cdef enum:
    EDGE = 0
    AMBIGUOUS_CAUSE = 1
    COPY_OF = 2
    UNRESOLVED = 3
    SAME_NODE = 5
    SELF = 6
    OTHER_RANK = 7
    REPEATED = 8

cdef enum:
    EXPLICIT_EDGE = 0
    COPY_EDGE = 2
    AMBIGUOUS_EDGE = 3


cdef struct Found:
    int64_t first  # node that is named; or the value of a declared cause
    int64_t second  # kind of the edge; or the target of a declared cause
    int64_t rank
    int64_t entry


cdef struct Places:
    const int32_t* nodes
    int64_t count


cdef class Entries:
    """The declared causes of all events, and the nodes that each can mean.

    Args:
        declared: For each the place of its entry, and its node; ascending by node.
        stated: For each entry index of the target, number of the text, and rank.
        event_id: Number of each record's event id, -1 without one; and the record of each node.
        by_id: Where the nodes of each event id start, one more than there are ids; and the nodes.
        others: The same for each declared cause, for what is not named by an event id; None where there is nothing.
    """

    cdef const int32_t[::1] entry
    cdef const int32_t[::1] node
    cdef const int8_t[::1] targets
    cdef const int32_t[::1] values
    cdef const int32_t[::1] ranks
    cdef const int32_t[::1] id_of_row
    cdef const int32_t[::1] row
    cdef const int32_t[::1] id_starts
    cdef const int32_t[::1] id_nodes
    cdef const int32_t[::1] other_starts
    cdef const int32_t[::1] other_nodes

    def __init__(self, declared, stated, event_id, by_id, others):
        self.entry, self.node = declared
        self.targets, self.values, self.ranks = stated
        self.id_of_row, self.row = event_id
        self.id_starts, self.id_nodes = by_id
        self.other_starts, self.other_nodes = (None, None) if others is None else others
        if (
            len(self.node) != len(self.entry)
            or not len(self.targets) == len(self.values) == len(self.ranks)
            or _outside(self.entry, len(self.targets))
            or _outside(self.node, len(self.row))
            or _outside(self.row, len(self.id_of_row))
            or by_id[0][len(by_id[0]) - 1] != len(self.id_nodes)
            or (others is not None and (len(others[0]) != len(self.entry) + 1 or others[0][len(self.entry)] != len(others[1])))
        ):
            raise ValueError("the columns of declared causes do not fit each other")

    cdef inline int64_t target(self, int64_t place) noexcept nogil:
        return self.targets[self.entry[place]]

    cdef inline int64_t value(self, int64_t place) noexcept nogil:
        return self.values[self.entry[place]]

    cdef inline int64_t rank(self, int64_t place) noexcept nogil:
        return self.ranks[self.entry[place]]

    cdef inline Places named(self, int64_t place) noexcept nogil:
        """Return the nodes that a declared cause names."""
        cdef Places places
        cdef int64_t value = self.value(place)
        places.nodes, places.count = NULL, 0
        if self.target(place) == EVENT_ID and 0 <= value < self.id_starts.shape[0] - 1:
            places.count = self.id_starts[value + 1] - self.id_starts[value]
            if places.count:
                places.nodes = &self.id_nodes[self.id_starts[value]]
                return places
        if self.other_starts is not None:
            places.count = self.other_starts[place + 1] - self.other_starts[place]
            if places.count:
                places.nodes = &self.other_nodes[self.other_starts[place]]
        return places


cdef bint _outside(const int32_t[::1] numbers, int64_t count):
    cdef int64_t place
    cdef bint found = False
    for place in range(numbers.shape[0]):
        found |= not 0 <= numbers[place] < count
    return found


def decide(Entries entries, int8_t[::1] outcome, int64_t begin, int64_t end):
    """Decide on some declared causes.

    Args:
        entries: All declared causes.
        outcome: Takes the outcome of each.
        begin: The first one to decide on; it is the first of its node.
        end: The one before which to stop; it is the first of its node, or their number.

    Returns:
        How many edges they make at most.

    Raises:
        IndexError: There are no such declared causes.
        ValueError: There is not room for the outcome of each.
        MemoryError: There is no memory for the causes of one event.
    """
    cdef int64_t first = begin, last, most = 0, room = 0
    cdef Found* found = NULL
    cdef void* more
    cdef bint fits = True
    _refuse_others(entries, outcome, begin, end)
    with nogil:
        while first < end:
            last = _last_of(entries, first)
            more = grown(found, &room, last - first, sizeof(Found))
            fits = more != NULL
            if not fits:
                break
            found = <Found*>more
            most += _decide(entries, first, last, outcome, found)
            first = last
        free(found)
    if not fits:
        raise MemoryError("no memory for the causes of one event")
    return most


cdef int _refuse_others(Entries entries, int8_t[::1] outcome, int64_t begin, int64_t end) except -1:
    cdef int64_t declared = entries.entry.shape[0]
    if outcome.shape[0] != declared:
        raise ValueError(f"{outcome.shape[0]} outcomes do not fit {declared} declared causes")
    if not 0 <= begin <= end <= declared:
        raise IndexError(f"{begin} to {end} are not among {declared} declared causes")
    return 0


def connect(Entries entries, int8_t[::1] outcome, int64_t begin, int64_t end, into):
    """Make the edges of some declared causes that were decided on.

    Args:
        entries: All declared causes.
        outcome: The outcome of each; those whose edge another one makes become ``repeated``.
        begin: The first one, as for `decide`.
        end: The one before which to stop.
        into: Takes cause, effect and kind of each edge, by (effect, cause), and the declared cause that made it; there
            is room for as many as `decide` said.

    Returns:
        How many edges there are; and the nodes of which values of a rank that was not used lead elsewhere.

    Raises:
        IndexError: There are no such declared causes.
        ValueError: There is not room enough.
        MemoryError: There is no memory for the causes of one event.
    """
    cdef int64_t first = begin, last, count = 0, different = 0, room = 0, most = 0, entry
    cdef int32_t[::1] cause, effect, made_by
    cdef int8_t[::1] kind
    cdef Found* found = NULL
    cause, effect, kind, made_by = into
    apart = np.empty(end - begin, dtype=np.int32)
    cdef int32_t[::1] elsewhere = apart
    _refuse_others(entries, outcome, begin, end)
    with nogil:
        for entry in range(begin, end):
            if outcome[entry] <= COPY_OF:
                most += entries.named(entry).count
    if most > min(cause.shape[0], effect.shape[0], kind.shape[0], made_by.shape[0]):
        raise ValueError(f"there is no room for {most} edges")
    with nogil:
        while first < end:
            last = _last_of(entries, first)
            count = _connect(entries, first, last, outcome, &found, &room, cause, effect, kind, made_by, count)
            if count < 0:
                break
            elsewhere[different] = entries.node[first]
            different += _leads_elsewhere(entries, first, last, outcome, cause, effect, count)
            first = last
        free(found)
    if count < 0:
        raise MemoryError("no memory for the causes of one event")
    return count, apart[:different].copy()


cdef inline int64_t _last_of(Entries entries, int64_t first) noexcept nogil:
    """Return where the declared causes of the next node begin."""
    cdef int64_t last = first + 1
    while last < entries.node.shape[0] and entries.node[last] == entries.node[first]:
        last += 1
    return last


cdef int64_t _decide(
    Entries entries, int64_t first, int64_t last, int8_t[::1] outcome, Found* found
) noexcept nogil:
    """Decide on the declared causes of one node; return how many edges they make at most."""
    cdef int64_t entry, made = 0, node = entries.node[first], own = entries.id_of_row[entries.row[node]]
    cdef int64_t lowest = INT64_MAX, used = INT64_MAX
    cdef Places named
    _mark_repeated(entries, first, last, outcome, found)
    for entry in range(first, last):
        named = entries.named(entry)
        if entries.target(entry) == EVENT_ID and entries.value(entry) == own >= 0:
            outcome[entry] = SELF
        elif entries.target(entry) == POSITION and _holds(named, node):
            outcome[entry] = SAME_NODE
        if outcome[entry] == EDGE:
            lowest = min(lowest, entries.rank(entry))
            if named.count:
                used = min(used, entries.rank(entry))
    if used != INT64_MAX:
        lowest = used
    for entry in range(first, last):
        if outcome[entry] != EDGE:
            continue
        named = entries.named(entry)
        if entries.target(entry) == POSITION and named.count == 1:
            outcome[entry] = COPY_OF
        elif entries.rank(entry) != lowest:
            outcome[entry] = OTHER_RANK
        elif named.count == 0:
            outcome[entry] = UNRESOLVED
        elif named.count > 1:
            outcome[entry] = AMBIGUOUS_CAUSE
        if outcome[entry] <= COPY_OF:
            made += named.count
    return made


cdef inline bint _holds(Places named, int64_t node) noexcept nogil:
    cdef int64_t place
    for place in range(named.count):
        if named.nodes[place] == node:
            return True
    return False


cdef void _mark_repeated(
    Entries entries, int64_t first, int64_t last, int8_t[::1] outcome, Found* found
) noexcept nogil:
    """Mark entries that name the same value as another one of their node at the same or a lower rank."""
    cdef int64_t entry, other
    for entry in range(first, last):
        outcome[entry] = EDGE
    if last - first <= FEW:
        for entry in range(first, last):
            for other in range(first, last):
                if (
                    entries.value(other) == entries.value(entry)
                    and entries.target(other) == entries.target(entry)
                    and (
                        entries.rank(other) < entries.rank(entry)
                        or (entries.rank(other) == entries.rank(entry) and other < entry)
                    )
                ):
                    outcome[entry] = REPEATED
                    break
        return
    for entry in range(first, last):
        found[entry - first].first = entries.value(entry)
        found[entry - first].second = entries.target(entry)
        found[entry - first].rank = entries.rank(entry)
        found[entry - first].entry = entry
    qsort(found, <size_t>(last - first), sizeof(Found), _compared)
    for entry in range(1, last - first):
        if found[entry].first == found[entry - 1].first and found[entry].second == found[entry - 1].second:
            outcome[found[entry].entry] = REPEATED


cdef int _compared(const void* one, const void* other) noexcept nogil:
    cdef const Found* a = <const Found*>one
    cdef const Found* b = <const Found*>other
    if a.first != b.first:
        return -1 if a.first < b.first else 1
    if a.second != b.second:
        return -1 if a.second < b.second else 1
    if a.rank != b.rank:
        return -1 if a.rank < b.rank else 1
    return -1 if a.entry < b.entry else 1


cdef int64_t _connect(
    Entries entries, int64_t first, int64_t last, int8_t[::1] outcome, Found** found, int64_t* room,
    int32_t[::1] cause, int32_t[::1] effect, int8_t[::1] kind, int32_t[::1] made_by, int64_t count,
) noexcept nogil:
    """Make the edges of one node, each cause once; return the edges made so far, -1 where memory ran out.

    An entry whose edge another one makes becomes ``repeated``.
    """
    cdef int64_t entry, place, size = 0, edge_kind
    cdef Places named
    cdef void* more
    for entry in range(first, last):
        if outcome[entry] > COPY_OF:
            continue
        named = entries.named(entry)
        edge_kind = EXPLICIT_EDGE
        if outcome[entry] == COPY_OF:
            edge_kind = COPY_EDGE
        elif outcome[entry] == AMBIGUOUS_CAUSE:
            edge_kind = AMBIGUOUS_EDGE
        more = grown(found[0], room, size + named.count, sizeof(Found))
        if more == NULL:
            return -1
        found[0] = <Found*>more
        for place in range(named.count):
            found[0][size].first, found[0][size].second = named.nodes[place], edge_kind
            found[0][size].rank, found[0][size].entry = entries.rank(entry), entry
            size += 1
    if size > 1:
        qsort(found[0], <size_t>size, sizeof(Found), _compared)
    for place in range(size):
        if place and found[0][place].first == found[0][place - 1].first:
            if outcome[found[0][place].entry] != AMBIGUOUS_CAUSE:
                outcome[found[0][place].entry] = REPEATED
            continue
        cause[count], effect[count] = <int32_t>found[0][place].first, entries.node[first]
        kind[count], made_by[count] = <int8_t>found[0][place].second, <int32_t>found[0][place].entry
        count += 1
    return count


cdef bint _leads_elsewhere(
    Entries entries, int64_t first, int64_t last, const int8_t[::1] outcome, const int32_t[::1] cause,
    const int32_t[::1] effect, int64_t count,
) noexcept nogil:
    """Whether an entry of a rank that was not used names a node that no edge of this one leads from."""
    cdef int64_t entry, place, low, high, middle, begin = count
    cdef Places named
    for entry in range(first, last):
        if outcome[entry] != OTHER_RANK or entries.target(entry) == POSITION:
            continue
        while begin and effect[begin - 1] == entries.node[first]:
            begin -= 1
        named = entries.named(entry)
        for place in range(named.count):
            low, high = begin, count
            while low < high:
                middle = (low + high) // 2
                if cause[middle] < named.nodes[place]:
                    low = middle + 1
                else:
                    high = middle
            if low == count or cause[low] != named.nodes[place]:
                return True
    return False
