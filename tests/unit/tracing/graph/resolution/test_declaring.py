"""The declared causes of events are those of their canonical records."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tracing.graph.resolution.declaring import declare


def numbers(values):
    return np.array(list(values), dtype=np.int32)


def test_entries_are_those_of_canonical_records_with_a_value():
    entry, node = declare(numbers([2, 0]), numbers([0, 2, 4, 5]), numbers([7, -1, 7, 7, 8]))
    assert (entry.tolist(), node.tolist()) == ([4, 0], [0, 1])


def test_records_and_entries_that_do_not_fit_are_refused():
    for row, starts in ((1, [0, 1]), (-1, [0, 1]), (0, [0, 2]), (0, [1, 0])):
        with pytest.raises(ValueError, match="do not fit"):
            declare(numbers([row]), numbers(starts), numbers([0]))
