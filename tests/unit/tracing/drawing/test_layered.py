"""Layers: causes left, effects right, routes around."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import check_drawing
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tracing.drawing.layered import NODE_HEIGHT, NODE_WIDTH, layered


def drawn(count, edges, breaks=()):
    cause = np.array([c for c, _ in edges], dtype=np.int64)
    effect = np.array([e for _, e in edges], dtype=np.int64)
    return layered(count, cause, effect, np.isin(np.arange(len(edges)), list(breaks)))


def test_causes_stand_left_of_effects_and_long_edges_bend_around():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    drawing = drawn(4, edges)
    check_drawing(drawing, 4)
    assert all(drawing.x[c] < drawing.x[e] for c, e in edges)
    for (cause, effect), route in zip(edges, drawing.routes, strict=True):
        assert route[0] == (drawing.x[cause] + NODE_WIDTH / 2, drawing.y[cause])
        assert route[-1] == (drawing.x[effect] - NODE_WIDTH / 2, drawing.y[effect])
    assert [len(route) for route in drawing.routes] == [2, 2, 2, 6, 4]
    bends = drawing.routes[3][1:-1]
    for (left, y), (right, level) in zip(bends[::2], bends[1::2], strict=True):
        assert (y, right - left) == (level, NODE_WIDTH)
        beside = np.abs(drawing.x - (left + right) / 2) < NODE_WIDTH
        assert (np.abs(drawing.y[beside] - y) > NODE_HEIGHT / 2).all(), "the line passes no box"


def test_bends_are_told_from_nodes_when_the_last_nodes_are_alone():
    drawing = drawn(9, [(0, 1), (1, 2), (0, 2)])
    check_drawing(drawing, 9)
    assert [len(route) for route in drawing.routes] == [2, 2, 4]


def test_fragments_are_stacked_in_the_order_of_their_first_event_and_lonely_ones_fill_rows():
    drawing = drawn(12, [(4, 5), (0, 1)])
    check_drawing(drawing, 12)
    assert drawing.y[0] < drawing.y[4]
    lonely = [2, 3, *range(6, 12)]
    assert drawing.y[lonely].min() > drawing.y[4]
    assert len(set(drawing.y[lonely])) == 2


@pytest.mark.parametrize("edges", [[(0, 1), (1, 0)], [(0, 0)], [(0, 1), (1, 2), (2, 0), (0, 1)]])
def test_what_closes_a_cycle_never_reaches_the_library_that_dies_of_it(edges):
    drawing = drawn(3, edges)
    check_drawing(drawing, 3)
    assert len(drawing.routes) == len(edges)


def test_a_break_is_routed_above_both_ends():
    drawing = drawn(2, [(0, 1), (1, 0)], breaks=[1])
    start, over, end = drawing.routes[1]
    assert over[1] < min(start[1], end[1])


def test_nothing_to_draw():
    drawing = drawn(0, [])
    assert drawing.routes == []
    assert drawing.width > 0


def test_bends_of_one_component_are_no_nodes_of_another():
    edges = [
        (17, 7), (20, 8), (16, 15), (17, 19), (23, 11), (17, 11), (1, 14), (23, 16), (12, 19), (7, 15), (1, 19),
        (19, 9), (20, 0), (18, 11), (3, 22), (11, 10), (13, 15), (1, 23), (2, 3), (13, 12), (13, 22),
    ]  # fmt: skip
    first = drawn(24, edges, breaks=[0])
    check_drawing(first, 24)
    assert all(np.array_equal(first.y, drawn(24, edges, breaks=[0]).y) for _ in range(6))


graphs = st.integers(1, 25).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40)),
)


@given(graphs, st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_any_graph_can_be_drawn_without_overlap_and_twice_the_same(graph, broken):
    count, edges = graph
    breaks = list(range(min(broken, len(edges))))
    drawing, again = drawn(count, edges, breaks), drawn(count, edges, breaks)
    check_drawing(drawing, count)
    assert np.array_equal(drawing.x, again.x)
    assert np.array_equal(drawing.y, again.y)
    assert drawing.routes == again.routes


def test_many_long_edges_stay_affordable():
    count = 500
    edges = [(i, i + 1) for i in range(count - 1)] + [(0, i) for i in range(2, count)]
    drawing = drawn(count, edges)
    check_drawing(drawing, count)
    assert len(np.unique(drawing.x)) == count
