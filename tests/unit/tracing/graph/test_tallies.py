"""Counts and least values over numbered nodes, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.tallies import (
    behind,
    count_distinct,
    count_fans,
    first_with,
    grouped_values,
    least_at,
    middle_distances,
    number_pairs,
    order_ties,
    same_kind_above,
)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5))))
def test_members_of_a_place_count_once(pairs):
    pairs.sort(key=lambda pair: pair[1])
    place, member = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    expected = [len({m for p, m in pairs if p == at}) for at in range(4)]
    assert count_distinct(place, member, 4).tolist() == expected


forests = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 2)), max_size=25).flatmap(
    lambda drawn: st.tuples(st.just(drawn), st.permutations(range(len(drawn))))
)


@given(forests)
def test_nodes_of_a_kind_are_counted_down_each_path(drawn):
    nodes, name = drawn
    parent, kind = np.full(len(nodes), -1), np.zeros(len(nodes), dtype=np.int64)
    for place, (above, of) in enumerate(nodes):
        kind[name[place]] = of
        if place and above % (place + 1):
            parent[name[place]] = name[above % place]

    def above(node):
        return [] if node < 0 else [kind[node], *above(parent[node])]

    expected = [above(node).count(kind[node]) for node in range(len(nodes))]
    assert same_kind_above(parent, kind, 3).tolist() == expected


def test_a_long_path_is_walked_and_what_does_not_fit_is_refused():
    count = 200_000
    zeros = np.zeros(count, dtype=np.int64)
    assert same_kind_above(np.arange(count) - 1, zeros, 1)[-1] == count
    with pytest.raises(IndexError, match="among 2"):
        same_kind_above(np.array([-1, 2]), zeros[:2], 1)
    with pytest.raises(IndexError, match="among 1"):
        count_distinct(np.array([1]), zeros[:1], 1)
    for misfit in (lambda: same_kind_above(zeros[:1], zeros[:2], 1), lambda: count_distinct(zeros[:1], zeros[:2], 1)):
        with pytest.raises(ValueError, match="do not fit"):
            misfit()


def arrays(rows, width, dtype=np.int64):
    return [np.array([row[side] for row in rows], dtype=dtype) for side in range(width)]


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
    first, second = arrays(edges, 2)
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
    group, place = arrays(rows, 2)
    groups = Groups.of(group, 5)
    found = [column.tolist() for column in count_fans(groups.starts, groups.members, place, 4)]
    assert sorted(zip(*found, strict=True)) == sorted((*pair, rows.count(pair)) for pair in set(rows))
    assert found[0] == sorted(found[0])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50))), st.integers(-99, 99))
def test_values_of_a_place_and_the_median_of_their_distances(rows, twice):
    place, value = arrays(rows, 2)
    starts, together = grouped_values(place, value, 4)
    of = [[v for p, v in rows if p == at] for at in range(4)]
    assert [together[starts[at] : starts[at + 1]].tolist() for at in range(4)] == of
    together = np.array([v for own in of for v in sorted(own)], dtype=np.int64)
    expected = [np.median(np.abs(np.array(own) - twice / 2)) if own else np.nan for own in of]
    found = middle_distances(starts, together, np.full(4, twice, dtype=np.int64))
    np.testing.assert_allclose(found, expected)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-5, 5))))
def test_the_least_value_of_a_place_and_its_first_row(rows):
    place, value = arrays(rows, 2)
    least, first = least_at(place, value, 4)
    for at in range(4):
        own = [(v, row) for row, (p, v) in enumerate(rows) if p == at]
        assert (least[at], first[at]) == (min(own) if own else (0, -1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_first_node_of_each_pair_of_group_and_member_is_marked(rows):
    group, member = arrays(rows, 2)
    marked = first_with(Groups.of(group, 4).members, group, member, 4)
    assert marked.tolist() == [rows.index(pair) == place for place, pair in enumerate(rows)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), unique=True), st.data(), st.integers(0, 5))
def test_records_behind_others_of_their_lane_are_marked(records, data, step):
    time = sorted(data.draw(st.lists(st.integers(0, 20), min_size=len(records), max_size=len(records))))
    lane, offset = arrays(records, 2)
    marked = behind(lane, offset, np.array(time, dtype=np.int64), 3, step)
    assert marked.tolist() == [
        any(lane[o] == lane[r] and offset[o] < offset[r] and time[o] - time[r] > step for o in range(len(time)))
        for r in range(len(time))
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), *[st.integers(0, 2)] * 3), max_size=30))
def test_ties_are_ordered_by_further_keys_and_long_ones_are_named(rows):
    group, time, *keys = arrays(rows, 5)
    before = np.lexsort((time, group)).astype(np.int32)
    for longest in (64, 2):
        node = before.copy()
        left = order_ties(node, group, time, tuple(keys), longest)
        for begin, end in left:
            assert end - begin > longest
            assert node[begin:end].tolist() == before[begin:end].tolist()
            node[begin:end] = sorted(node[begin:end].tolist(), key=lambda one: [key[one] for key in keys])
        assert [rows[one] for one in node] == sorted(rows)


def test_tallies_refuse_what_does_not_fit():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    high = np.array([7])
    for outside in (
        lambda: number_pairs(high, one, one, 1),
        lambda: number_pairs(one, high, one, 1),
        lambda: count_fans(np.array([0, 2]), one, one, 1),
        lambda: grouped_values(high, one, 1),
        lambda: middle_distances(np.array([0, 9]), one, one),
        lambda: least_at(high, one, 1),
        lambda: first_with(one, one, high, 1),
        lambda: behind(high, one, one, 1, 0),
        lambda: order_ties(np.array([3], dtype=np.int32), one, one, (one, one, one)),
    ):
        with pytest.raises(IndexError):
            outside()
    for misfit in (
        lambda: number_pairs(one, one, two, 1),
        lambda: grouped_values(one, two, 1),
        lambda: middle_distances(np.array([0, 1]), one, two),
        lambda: least_at(one, two, 1),
        lambda: first_with(one, one, two, 1),
        lambda: behind(one, two, one, 1, 0),
        lambda: order_ties(np.zeros(1, dtype=np.int32), one, one, (one, two, one)),
    ):
        with pytest.raises(ValueError, match=r"fit|edges"):
            misfit()
