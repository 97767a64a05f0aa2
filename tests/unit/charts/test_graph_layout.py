"""Geometry: layers, routes, lanes, folded time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tracing.drawing.layout import (
    MARKER,
    NODE_HEIGHT,
    NODE_WIDTH,
    TimeAxis,
    idle_gaps,
    layered,
    swimlanes,
)


def drawn(count, edges, breaks=()):
    cause = np.array([c for c, _ in edges], dtype=np.int64)
    effect = np.array([e for _, e in edges], dtype=np.int64)
    return layered(count, cause, effect, np.isin(np.arange(len(edges)), list(breaks)))


def check_drawing(drawing, count, width=NODE_WIDTH, height=NODE_HEIGHT):
    assert np.isfinite(drawing.x).all()
    assert np.isfinite(drawing.y).all()
    for one in range(count):
        apart = (np.abs(drawing.x - drawing.x[one]) >= width) | (np.abs(drawing.y - drawing.y[one]) >= height)
        apart[one] = True
        assert apart.all(), "marks overlap"
    if count:
        assert (drawing.x >= width / 2).all()
        assert (drawing.x <= drawing.width - width / 2).all()
        assert (drawing.y >= height / 2).all()
        assert (drawing.y <= drawing.height - height / 2).all()


def test_causes_stand_left_of_effects_and_long_edges_bend_around():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    drawing = drawn(4, edges)
    check_drawing(drawing, 4)
    assert all(drawing.x[c] < drawing.x[e] for c, e in edges)
    for (cause, effect), route in zip(edges, drawing.routes, strict=True):
        assert route[0] == (drawing.x[cause] + NODE_WIDTH / 2, drawing.y[cause])
        assert route[-1] == (drawing.x[effect] - NODE_WIDTH / 2, drawing.y[effect])
    assert [len(route) for route in drawing.routes] == [2, 2, 2, 4, 3]
    for x, y in drawing.routes[3][1:-1]:
        beside = np.abs(drawing.x - x) < NODE_WIDTH / 2
        assert (np.abs(drawing.y[beside] - y) > NODE_HEIGHT / 2).all()


def test_bends_are_told_from_nodes_when_the_last_nodes_are_alone():
    drawing = drawn(9, [(0, 1), (1, 2), (0, 2)])
    check_drawing(drawing, 9)
    assert [len(route) for route in drawing.routes] == [2, 2, 3]


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


def test_idle_gaps_of_the_reference():
    limit, folded = idle_gaps([0, 10, 20, 5000, 5010])
    assert [limit, folded] == [250.5, [2]]
    assert idle_gaps([7]) == (0.0, [])


def test_a_folded_gap_takes_little_room_and_is_named():
    axis = TimeAxis.of(np.array([0, 10, 20, 5000, 5010]), 5)
    steps = np.diff(axis.places)
    assert steps[0] == pytest.approx(steps[1]) == pytest.approx(steps[3])
    assert steps[2] < steps[0]
    assert [gap for _, _, gap in axis.ticks() if gap is not None] == [4980]


@given(
    st.lists(st.tuples(st.integers(-(2**61), 2**61) | st.none(), st.integers(0, 3)), max_size=60),
)
@settings(max_examples=100, deadline=None)
def test_lanes_keep_time_in_order_and_marks_apart(marks):
    count = len(marks)
    time = np.array([t or 0 for t, _ in marks], dtype=np.int64)
    timed = np.array([t is not None for t, _ in marks], dtype=np.bool_)
    lane = np.array([place for _, place in marks], dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    drawing, lanes = swimlanes(time, timed, lane, none, none)
    order = np.argsort(time[timed], kind="stable")
    assert (np.diff(drawing.x[timed][order]) >= 0).all()
    assert (drawing.x[~timed] < drawing.x[timed].min(initial=np.inf)).all()
    if count <= 40:
        check_drawing(drawing, count, MARKER, MARKER)
    for node in range(count):
        top, height = lanes.tops[lane[node]], lanes.heights[lane[node]]
        assert top <= drawing.y[node] <= top + height
    bounds = [edge for top, height in zip(lanes.tops, lanes.heights, strict=True) for edge in (top, top + height)]
    assert bounds == sorted(bounds)


def test_edges_between_lanes_go_from_centre_to_centre():
    lane = np.array([0, 1])
    drawing, lanes = swimlanes(np.array([0, 50]), np.ones(2, dtype=bool), lane, np.array([0]), np.array([1]))
    assert drawing.routes == [((drawing.x[0], drawing.y[0]), (drawing.x[1], drawing.y[1]))]
    assert len(lanes.tops) == 2
