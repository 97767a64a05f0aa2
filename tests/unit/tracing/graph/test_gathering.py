"""Values by their places are those that numpy takes."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.tracing.graph.gathering import inverted, taken


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.int32, np.int64])
@pytest.mark.parametrize("width", [np.int32, np.int64])
def test_values_are_taken_by_their_places(kind, width):
    values, places = np.array([1, 0, 5]).astype(kind), np.array([2, 0, -1, 1, 1], dtype=width)
    found = taken(values, places)
    assert found.dtype == kind
    assert found.tolist() == values[places].tolist()
    assert taken(values[:0], places[:0]).tolist() == []
    for wrong, among in ((places + 1, values), (places - 1, values), (places, values[:0])):
        with pytest.raises(IndexError, match="among"):
            taken(among, wrong)


def test_an_order_is_inverted():
    assert inverted(np.array([2, 0, 1])).tolist() == [1, 2, 0]
    with pytest.raises(IndexError, match="among 2"):
        inverted(np.array([0, 2]))
