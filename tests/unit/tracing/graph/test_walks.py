"""Compiled walks refuse numbers beyond their nodes; what they compute is tested beside `arrays` and `cycles`."""

from __future__ import annotations

import numpy as np
import pytest
from small_graphs import ints

from workbench.tracing.graph import forests, walks


@pytest.mark.parametrize("wrong", [-1, 3, 2**62, -(2**63)])
def test_numbers_beyond_the_nodes_are_refused(wrong):
    good, bad = ints([0, 1]), ints([2, wrong])
    for refuse in (
        lambda: walks.grouped(bad, 3),
        lambda: walks.longest_paths(3, good, bad),
        lambda: walks.longest_paths(3, bad, good),
        lambda: walks.components(3, good, bad),
        lambda: walks.strongly_connected(3, bad, good),
        lambda: walks.reach(ints([0, 1, 1, 2]), bad, good),
        lambda: walks.reach(ints([0, 0, 0, 0]), ints([]), bad),
    ):
        with pytest.raises(IndexError, match="3"):
            refuse()
    if wrong != -1:
        with pytest.raises(IndexError, match="2"):
            forests.forest(bad)
        with pytest.raises(IndexError, match="3"):
            walks.first_seen(bad, 3)


def test_ends_that_are_not_pairs_are_refused():
    for walk in (walks.longest_paths, walks.components, walks.strongly_connected):
        with pytest.raises(ValueError, match="edges"):
            walk(3, ints([0, 1]), ints([1]))


def test_numbers_are_given_anew_in_the_order_of_their_first_place():
    new, old = walks.first_seen(ints([3, -1, 0, 3, 2, 0]), 5)
    assert new.tolist() == [0, -1, 1, 0, 2, 1]
    assert old.tolist() == [3, 0, 2]


def test_components_are_numbered_in_the_order_of_their_least_nodes():
    label = walks.components(6, ints([3, 4]), ints([1, 5]), ints([5]), ints([0]))
    assert label.tolist() == [0, 1, 2, 1, 0, 0]
    assert walks.number_components(label) == 3
    assert label.tolist() == [0, 1, 2, 1, 0, 0]
    label = np.array([0, 0, 2, 2, 4], dtype=np.int32)
    assert walks.number_components(label) == 3
    assert label.tolist() == [0, 0, 1, 1, 2]
    with pytest.raises(IndexError, match="node 0"):
        walks.number_components(np.array([1, 1], dtype=np.int32))


def test_no_path_is_too_long_for_the_stack():
    count = 300_000
    chain = np.arange(count - 1)
    assert forests.forest(np.arange(count) - 1)[1][-1] == count - 1
    ring = np.append(chain + 1, 0)
    assert (walks.strongly_connected(count, np.arange(count), ring) == 0).all()
    assert walks.longest_paths(count, np.arange(count), ring).max() == -1
    assert (walks.components(count, chain[::-1].copy(), chain[::-1] + 1) == 0).all()
