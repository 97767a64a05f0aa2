"""Commits packed into twelve bytes each: the partitions furthest behind come back, whatever numbers were committed."""

from __future__ import annotations

import numpy as np

from workbench.lag.furthest import UNKNOWN, PackedCommits, furthest_rows, pack
from workbench.model import CommittedOffset, TopicPartition
from workbench.model.lag import CommitSample

PLACES = [TopicPartition("t", number) for number in range(4)]


def test_the_furthest_behind_come_first():
    stored = {place: CommittedOffset(offset) for place, offset in zip(PLACES, [90, 10, 50, 100], strict=True)}
    packed = pack("g", stored, {place: number for number, place in enumerate(PLACES)})
    rows = furthest_rows(packed, PLACES, np.array([100, 20, 100, 100]), 3)
    assert rows == [CommitSample("g", "t", 2, 50), CommitSample("g", "t", 0, 90), CommitSample("g", "t", 1, 10)]


def test_numbers_whose_difference_needs_more_than_64_bits_are_compared():
    low = -(1 << 63)
    packed = PackedCommits("g", np.arange(3, dtype=np.int32), np.array([5, low, 7]))
    assert packed.furthest_behind(np.array([1 << 62, 1 << 62, UNKNOWN]), 3) == [(1, low), (0, 5), (2, 7)]


def test_only_partitions_with_a_number_are_packed():
    packed = pack("g", {PLACES[3]: CommittedOffset(7), PLACES[0]: CommittedOffset(1)}, {PLACES[3]: 0})
    assert (packed.places.tolist(), packed.offsets.tolist()) == ([0], [7])
