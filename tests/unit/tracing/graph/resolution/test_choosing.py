"""What becomes of declared causes, against the definition written event by event."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.resolution.choosing import Entries, connect, decide
from workbench.tracing.graph.resolution.declared import CORRELATION_ID, EVENT_ID, OUTCOMES, POSITION
from workbench.tracing.graph.resolution.declaring import declare

IDS = 4
"""Values from 0 are event ids of some node; those from here on are no ids."""


def random_events(seed):
    """Six events, each with an id and entries: target, value, rank, and what it names but for an event id."""
    draw = random.Random(seed)  # noqa: S311 - cases of a test

    def entry():
        target = draw.choice([EVENT_ID, EVENT_ID, EVENT_ID, CORRELATION_ID, POSITION, -1])
        return target, draw.randrange(IDS + 4), draw.randrange(3), draw.sample(range(6), draw.randrange(4))

    sizes = [draw.choice([0, 1, 2, 3, 5, 17, 30]) for _ in range(6)]
    return [(draw.randrange(-1, IDS), [entry() for _ in range(size)]) for size in sizes]


def by_definition(given_events):
    """Follow section 2.3 for one event after the other."""
    nodes_of = {value: [n for n, (event_id, _) in enumerate(given_events) if event_id == value] for value in range(IDS)}
    outcomes, edges, elsewhere = [], [], []
    for node, (event_id, entries) in enumerate(given_events):
        named = [
            nodes_of[value] if target == EVENT_ID and nodes_of.get(value) else sorted(others)
            for target, value, _, others in entries
        ]
        found = decided(node, event_id, entries, named)
        kinds = {"edge": 0, "copy": 2, "ambiguous": 3}
        made = sorted(
            (cause, kinds[found[place]], entries[place][2], place)
            for place in found if found[place] in kinds for cause in named[place]
        )  # fmt: skip
        causes = {}
        for cause, kind, _, place in made:
            if cause not in causes:
                causes[cause] = (cause, node, kind, place)
            elif found[place] != "ambiguous":
                found[place] = "repeated"
        edges += causes.values()
        elsewhere.append(
            any(
                found[place] == "other_rank" and entries[place][0] != POSITION and not set(named[place]) <= set(causes)
                for place in range(len(entries))
            )
        )
        outcomes += [found[place] for place in range(len(entries))]
    return outcomes, edges, np.flatnonzero(elsewhere).tolist()


def decided(node, event_id, entries, named):
    found = {}
    for place, (target, value, rank, _) in enumerate(entries):
        same = [(r, p) for p, (t, v, r, _) in enumerate(entries) if (t, v) == (target, value)]
        if target == EVENT_ID and value == event_id:
            found[place] = "self"
        elif target == POSITION and node in named[place]:
            found[place] = "same_node"
        elif min(same) < (rank, place):
            found[place] = "repeated"
    stands = [place for place in range(len(entries)) if place not in found]
    resolved = [entries[place][2] for place in stands if named[place]]
    used = min(resolved or [entries[place][2] for place in stands], default=None)
    for place in stands:
        if entries[place][0] == POSITION and len(named[place]) == 1:
            found[place] = "copy"
        elif entries[place][2] != used:
            found[place] = "other_rank"
        else:
            found[place] = ["unresolved", "edge", "ambiguous"][min(len(named[place]), 2)]
    return found


def columns_of(given_events):
    entries = [(node, place, *one) for node, (_, many) in enumerate(given_events) for place, one in enumerate(many)]
    starts = np.cumsum([0, *(len(many) for _, many in given_events)]).astype(np.int32)
    event_id, row = numbers(event_id for event_id, _ in given_events), np.arange(len(given_events), dtype=np.int32)
    named = np.flatnonzero(event_id >= 0).astype(np.int32)
    by_id = Groups.of(event_id[named], IDS, named)
    others = [sorted(one[5]) for one in entries]
    other_starts = np.cumsum([0, *map(len, others)]).astype(np.int32)
    value = numbers(one[3] for one in entries)
    return (
        declare(row, starts, value),
        (np.array([one[2] for one in entries], dtype=np.int8), value, numbers(one[4] for one in entries)),
        (event_id, row),
        (by_id.starts, by_id.members),
        (other_starts, numbers(node for nodes in others for node in nodes)),
    ), [one[1] for one in entries]


def numbers(values):
    return np.array(list(values), dtype=np.int32)


def test_outcomes_and_edges_are_those_of_the_definition():
    for seed in range(200):
        check_definition(random_events(seed))


def room_for(most):
    return tuple(np.empty(most, dtype=kind) for kind in (np.int32, np.int32, np.int8, np.int32))


def check_definition(given_events):
    """All in one go, and event by event, as the halves that two threads take."""
    columns, places = columns_of(given_events)
    entries, node = Entries(*columns), columns[0][1]
    bounds = [at for at in range(len(node) + 1) if at in (0, len(node)) or node[at] != node[at - 1]]
    for parts in ([(0, len(node))], list(pairwise(bounds))):
        outcome = np.empty(len(node), dtype=np.int8)
        edges, elsewhere = [], []
        for begin, end in parts:
            into = room_for(decide(entries, outcome, begin, end))
            count, apart = connect(entries, outcome, begin, end, into)
            cause, effect, kind, made_by = (side[:count].tolist() for side in into)
            edges += zip(cause, effect, kind, [places[by] for by in made_by], strict=True)
            elsewhere += apart.tolist()
        assert ([OUTCOMES[code] for code in outcome], edges, elsewhere) == by_definition(given_events)


def test_columns_that_do_not_fit_are_refused():
    columns, _ = columns_of([(0, [(EVENT_ID, 0, 0, [])])])
    for place, part in ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 1), (4, 0)):
        short = [list(column) for column in columns]
        short[place][part] = short[place][part][:-1]
        with pytest.raises(ValueError, match="do not fit"):
            Entries(*short)


def test_what_lies_beyond_the_entries_or_the_room_is_refused():
    columns, _ = columns_of([(0, []), (1, [(EVENT_ID, 0, 0, [0])])])
    entries, outcome = Entries(*columns), np.empty(1, dtype=np.int8)
    assert decide(entries, outcome, 0, 1) == 1
    with pytest.raises(ValueError, match="no room for 1"):
        connect(entries, outcome, 0, 1, room_for(0))
    for refuse in (decide, lambda *given: connect(*given, room_for(1))):
        with pytest.raises(IndexError, match="among 1"):
            refuse(entries, outcome, 0, 2)
        with pytest.raises(ValueError, match="do not fit"):
            refuse(entries, np.empty(2, dtype=np.int8), 0, 1)
