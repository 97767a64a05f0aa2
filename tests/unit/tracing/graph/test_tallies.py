"""Counts over numbered nodes, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_graphs import arrays_of

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.tallies import (
    count_codes,
    count_distinct,
    count_fans,
    first_with,
    number_pairs,
    of_several,
)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5))))
def test_members_of_a_place_count_once(pairs):
    pairs.sort(key=lambda pair: pair[1])
    place, member = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    expected = [len({m for p, m in pairs if p == at}) for at in range(4)]
    assert count_distinct(place, member, 4).tolist() == expected


@given(
    st.lists(st.integers(-1, 4), min_size=1, max_size=12).flatmap(
        lambda codes: st.tuples(
            st.just(codes),
            st.lists(st.tuples(st.integers(0, len(codes) - 1), st.integers(0, len(codes) - 1)), max_size=20),
        )
    ),
    st.sampled_from([5, 200]),
)
def test_pairs_of_codes_are_numbered_in_their_order(drawn, codes):
    code, edges = np.array(drawn[0]), drawn[1]
    first, second = arrays_of(edges, 2)
    ends = list(zip(code[first].tolist(), code[second].tolist(), strict=True))
    apart = [min(pair) >= 0 and pair[0] != pair[1] for pair in ends]
    for only_apart in (False, True):
        if not only_apart and (code < 0).any():
            continue
        pairs, place = number_pairs(code, first, second, codes, only_apart)
        names = [(pair // codes, pair % codes) for pair in pairs.tolist()]
        assert names == sorted({pair for pair, kept in zip(ends, apart, strict=True) if kept or not only_apart})
        assert [names[at] if at >= 0 else None for at in place.tolist()] == [
            pair if kept or not only_apart else None for pair, kept in zip(ends, apart, strict=True)
        ]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3))))
def test_rows_of_a_group_are_counted_by_place(rows):
    group, place = arrays_of(rows, 2)
    groups = Groups.of(group, 5)
    starts, of, count = count_fans(groups.starts, groups.members, place, 4)
    found = [
        list(zip(*(side[starts[at] : starts[at + 1]].tolist() for side in (of, count)), strict=True)) for at in range(4)
    ]
    assert found == [sorted((g, rows.count((g, at))) for g in {g for g, p in rows if p == at}) for at in range(4)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_first_node_of_each_pair_of_group_and_member_is_marked(rows):
    group, member = arrays_of(rows, 2)
    marked = first_with(Groups.of(group, 4).members, group, member, 4)
    assert marked.tolist() == [rows.index(pair) == place for place, pair in enumerate(rows)]


def test_tallies_refuse_what_does_not_fit():
    one, two, high = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64), np.array([7])
    for outside in (
        lambda: count_distinct(high, one, 1),
        lambda: number_pairs(high, one, one, 1),
        lambda: number_pairs(one, high, one, 1),
        lambda: count_fans(np.array([0, 2]), one, one, 1),
        lambda: first_with(one, one, high, 1),
        lambda: count_codes(high, 1),
        lambda: of_several(high, 1),
    ):
        with pytest.raises(IndexError):
            outside()
    for misfit in (
        lambda: count_distinct(one, two, 1),
        lambda: number_pairs(one, one, two, 1),
        lambda: first_with(one, one, two, 1),
    ):
        with pytest.raises(ValueError, match=r"fit|edges"):
            misfit()


@given(st.lists(st.integers(-1, 4)))
def test_codes_are_counted_and_members_of_groups_with_several_are_found(codes):
    assert count_codes(np.array(codes, dtype=np.int64), 5).tolist() == [codes.count(code) for code in range(5)]
    group = [code + 1 for code in codes]
    several = [place for place, one in enumerate(group) if group.count(one) > 1]
    assert of_several(np.array(group, dtype=np.int64), 6).tolist() == several
