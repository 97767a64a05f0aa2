"""Passes over both ends of edges, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.ends import Ends
from workbench.tracing.graph.times import NO_TIME

TIMES = st.one_of(st.just(NO_TIME), st.integers(-9, 9))
EVENTS = st.lists(st.tuples(TIMES, st.integers(-1, 2)), min_size=1, max_size=8)
EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(-1, 2)), max_size=20)


@given(EVENTS, EDGES, st.integers(0, 3), st.lists(st.floats(-9, 9) | st.just(np.nan), min_size=3, max_size=3))
def test_each_pass_finds_what_a_loop_over_the_edges_finds(events, drawn, by, limit):
    time, code = (np.array([event[side] for event in events], dtype=np.int64) for side in (0, 1))
    edges = [(one % len(events), other % len(events), place) for one, other, place in drawn]
    cause, effect, place = (np.array([edge[side] for edge in edges], dtype=np.int32) for side in range(3))
    ends = Ends(cause, effect, len(events))
    assert len(ends) == len(edges)
    of = [(code[one], code[other]) for one, other, _ in edges]
    hop = [None if NO_TIME in (time[one], time[other]) else int(time[other] - time[one]) for one, other, _ in edges]
    known = [
        (number, at, took) for number, ((*_, at), took) in enumerate(zip(edges, hop, strict=True)) if took is not None
    ]
    assert [side.tolist() for side in ends.hops(time)] == [
        [took or 0 for took in hop],
        [took is not None for took in hop],
    ]
    assert ends.earlier(time, by).tolist() == [number for number, _, took in known if took < -by]
    late = [number for number, at, took in known if at >= 0 and took > limit[at]]
    assert ends.later(time, place, np.array(limit)).tolist() == late
    differ = [number for number, (one, other) in enumerate(of) if min(one, other) >= 0 and one != other]
    assert ends.differing(code).tolist() == differ
    assert ends.losing(code).tolist() == [number for number, (one, other) in enumerate(of) if one >= 0 > other]
    at_place = [[took for _, at, took in known if at == wanted] for wanted in range(3)]
    starts, together = ends.hops_at(time, place, 3)
    assert [together[starts[at] : starts[at + 1]].tolist() for at in range(3)] == at_place
    begin = len(edges) // 3
    least, first = ends.least_hops(time, place, 3, begin, len(edges))
    for wanted in range(3):
        own = [(took, number) for number, at, took in known if at == wanted and number >= begin]
        assert (least[wanted], first[wanted]) == (min(own) if own else (0, -1))


def test_what_does_not_fit_is_refused():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="not edges"):
        Ends(one, two, 1)
    ends = Ends(one, one, 1)
    for outside in (
        lambda: Ends(one, one + 1, 1),
        lambda: ends.hops_at(one, one + 1, 1),
        lambda: ends.least_hops(one, one, 1, 0, 2),
        lambda: ends.later(one, one + 1, np.zeros(1)),
    ):
        with pytest.raises(IndexError, match="among 1"):
            outside()
    for misfit in (lambda: ends.hops(two), lambda: ends.hops_at(one, two, 1), lambda: ends.differing(two)):
        with pytest.raises(ValueError, match="do not fit"):
            misfit()
