"""Times between the ends of edges, alone and by the kind of the effect, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.graph.hop_times import hop_times, hop_times_by_kind
from workbench.tracing.graph.times import NO_TIME

TIMES = st.one_of(st.just(NO_TIME), st.integers(-9, 9))


@given(
    st.lists(st.tuples(TIMES, st.integers(0, 2)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=20),
)
def test_known_hops_are_put_together_by_the_kind_of_their_effect(events, drawn):
    time, kind = (np.array([event[side] for event in events], dtype=np.int64) for side in (0, 1))
    cause, effect = (np.array([edge[side] % len(events) for edge in drawn], dtype=np.int32) for side in (0, 1))
    used = np.array([edge[2] for edge in drawn], dtype=np.bool_)
    hop, known = hop_times(time, cause, effect)
    ends = list(zip(cause.tolist(), effect.tolist(), strict=True))
    assert known.tolist() == [time[one] != NO_TIME and time[other] != NO_TIME for one, other in ends]
    expected = [int(time[other]) - int(time[one]) for one, other in ends]
    assert hop.tolist() == [value if sure else 0 for value, sure in zip(expected, known, strict=True)]
    for taken in (None, used):
        starts, together = hop_times_by_kind(time, cause, effect, kind, 3, taken)
        chosen = known if taken is None else known & taken
        assert [together[starts[k] : starts[k + 1]].tolist() for k in range(3)] == [
            hop[chosen & (kind[effect] == k)].tolist() for k in range(3)
        ]


def test_what_does_not_fit_is_refused():
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    with pytest.raises(IndexError, match="among 1"):
        hop_times(one, one, one + 1)
    with pytest.raises(IndexError, match="kind"):
        hop_times_by_kind(one, one, one, one + 3, 1)
    with pytest.raises(ValueError, match="edges"):
        hop_times(one, one, two)
    with pytest.raises(ValueError, match="fit"):
        hop_times_by_kind(one, one, one, two, 1)
    with pytest.raises(ValueError, match="fit"):
        hop_times_by_kind(one, one, one, one, 1, np.zeros(2, dtype=np.bool_))
