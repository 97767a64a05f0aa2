"""Folding: bounded, complete, opened on demand."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tracing.drawing.fold import PAGE, SAMPLE, fold


def folding_of(parents, types=None, **options: Any):
    primary = np.array(parents, dtype=np.int64)
    kinds = np.zeros(len(primary), dtype=np.int64) if types is None else np.array(types, dtype=np.int64)
    return fold(primary, kinds, **options)


def shown(folding):
    return folding.shown.tolist()


def keys(folding):
    return [group.key for group in folding.groups]


def test_a_small_graph_is_drawn_whole():
    folding = folding_of([-1, 0, 0, 1], limit=4)
    assert shown(folding) == [0, 1, 2, 3]
    assert folding.groups == ()
    assert folding.events().tolist() == [1, 1, 1, 1]


def test_a_fan_out_shows_the_first_few_and_opens_page_by_page():
    parents = [-1] + [0] * 1_000
    folding = folding_of(parents, limit=50)
    assert shown(folding) == [0, *range(1, 1 + SAMPLE)]
    assert keys(folding) == ["siblings:0:0:0"]
    assert folding.events()[-1] == 1_000 - SAMPLE
    opened = folding_of(parents, limit=500, opened=keys(folding))
    assert shown(opened) == list(range(1 + SAMPLE + PAGE))
    assert keys(opened) == [f"siblings:0:0:{PAGE}"]
    assert opened.opened == {"siblings:0:0:0"}
    whole = folding_of(parents, limit=999, opened=[f"siblings:0:0:{n}" for n in range(0, 1_000, PAGE)])
    assert whole.events().sum() == 1_001


def test_types_are_folded_apart():
    parents = [-1] + [0] * 40
    folding = folding_of(parents, [0] + [1] * 20 + [2] * 16 + [3] * 4, limit=40)
    assert keys(folding) == ["siblings:0:1:0", "siblings:0:2:0"]
    assert [len(group.members) for group in folding.groups] == [17, 13]
    assert set(range(37, 41)) <= set(shown(folding))


def test_what_there_is_no_room_for_is_folded_below_its_cause_and_opens():
    parents = [-1, *range(300)]
    folding = folding_of(parents, limit=20)
    assert len(folding.shown) == 19
    assert keys(folding) == ["subtree:18"]
    assert folding.events()[-1] == 301 - 19
    opened = folding_of(parents, limit=20, opened=keys(folding))
    assert len(opened.shown) > 19
    assert opened.events().sum() == 301


def test_heads_beyond_half_of_the_room_are_one_group():
    folding = folding_of([-1] * 1_000, limit=100)
    assert shown(folding) == list(range(50))
    assert keys(folding) == ["rest:-1:0"]
    opened = folding_of([-1] * 1_000, limit=100, opened=["rest:-1:0"])
    assert shown(opened) == list(range(50 + PAGE))
    assert keys(opened) == [f"rest:-1:{PAGE}"]


def test_keys_that_name_nothing_are_forgotten():
    folding = folding_of([-1] * 30, limit=10, opened=["rest:-1:0", "subtree:99999", "x", "siblings:3:0:0"])
    assert folding.opened == {"rest:-1:0"}


forests = st.lists(st.tuples(st.integers(-1, 200), st.integers(0, 3)), min_size=1, max_size=300).map(
    lambda nodes: [(min(parent, place - 1), kind) for place, (parent, kind) in enumerate(nodes)],
)


@given(forests, st.integers(4, 60), st.integers(0, 4))
@settings(max_examples=200, deadline=None)
def test_every_event_is_in_one_mark_and_the_number_of_marks_is_bounded(nodes, limit, rounds):
    parents, types = [parent for parent, _ in nodes], [kind for _, kind in nodes]
    opened: set[str] = set()
    folding = folding_of(parents, types, limit=limit)
    assert len(folding.shown) + len(folding.groups) <= max(limit, 2)
    for _ in range(rounds):
        if not folding.groups:
            break
        before = len(folding.shown)
        opened.add(folding.groups[0].key)
        folding = folding_of(parents, types, limit=limit, opened=opened)
        assert len(folding.shown) > before or folding.groups
    events = folding.events()
    assert events.sum() == len(parents)
    assert (events[: len(folding.shown)] == 1).all()
    assert (events[len(folding.shown) :] >= 1).all()
    assert len(set(keys(folding))) == len(folding.groups)
    for number, group in enumerate(folding.groups):
        assert {parents[member] for member in group.members} == {group.parent}
        assert (folding.mark[list(group.members)] == len(folding.shown) + number).all()
