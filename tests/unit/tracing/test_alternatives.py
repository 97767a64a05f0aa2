"""The first group that excludes some events is the one that a loop over the groups finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.tracing.alternatives import Alternatives

COUNT = 200


def test_groups_beyond_those_of_one_word_are_found():
    alternatives = Alternatives(COUNT)
    for event in range(COUNT):
        assert alternatives.first_without(np.array([0])) == event
        alternatives.add(event, np.array([0, event]))
    assert alternatives.first_without(np.array([130])) == 0
    assert alternatives.first_without(np.arange(1, 150)) == 0
    assert alternatives.first_without(np.arange(COUNT)) == COUNT


@given(st.lists(st.sets(st.integers(0, COUNT - 1), max_size=100), max_size=80))
def test_each_set_of_events_joins_the_first_group_that_it_excludes(sets):
    alternatives, groups = Alternatives(COUNT), list[set[int]]()
    for events in sets:
        places = np.array(sorted(events), dtype=np.int32)
        home = next((at for at, others in enumerate(groups) if not others & events), len(groups))
        assert alternatives.first_without(places) == home
        alternatives.add(home, places)
        if home == len(groups):
            groups.append(set())
        groups[home] |= events
