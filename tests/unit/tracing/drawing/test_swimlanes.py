"""Swimlanes: time in order, marks apart."""

from __future__ import annotations

import numpy as np
from drawings import check_drawing
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.tracing.drawing.swimlanes import MARKER, swimlanes


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
