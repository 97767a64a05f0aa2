"""Each partition policy places records as its producers do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from workbench.replay.options import Partitions
from workbench.replay.records.placement import Placer


def test_placement_policies():
    source, keys = np.array([0, 1, 2, 2], np.int32), pa.array([b"a", None, b"", None], pa.binary())

    def placed(policy: object, count: int) -> list[int]:
        return Placer(Partitions.parse(policy), count).place(source, keys).tolist()

    assert placed("keep", 3) == [0, 1, 2, 2]
    assert placed("keep", 2) == [0, 1, -1, -1]
    assert placed("fixed(0)", 3) == [0, 0, 0, 0]
    assert placed({0: 1, 2: 0}, 2) == [1, -1, 0, 0]
    assert placed("round_robin", 3) == [0, 1, 2, 0]
    assert placed("murmur2", 3) == [1, 0, 0, 1]
    assert placed("murmur2", 15) == [4, 0, 6, 1]
    assert placed("crc32", 12) == [3, 0, 0, 1]
    assert placed("fnv1a", 4) == [0, 0, 3, 1]
    assert placed("murmur2", 0) == [-1] * 4


@pytest.mark.parametrize("policy", ["keep", "fixed(1)", "round_robin", "murmur2", "crc32", "fnv1a"])
def test_steps_place_as_one_call_does(policy):
    source = np.arange(20, dtype=np.int32) % 3
    keys = pa.array([None if at % 3 else b"k%d" % at for at in range(20)], pa.binary())
    stepwise = Placer(Partitions.parse(policy), 3)
    parts = [stepwise.place(source[at : at + 7], keys[at : at + 7]) for at in range(0, 20, 7)]
    assert np.concatenate(parts).tolist() == Placer(Partitions.parse(policy), 3).place(source, keys).tolist()


def test_without_a_known_partitioner_nothing_is_placed():
    assert Placer(None, 3).place(np.zeros(2, np.int32), None).tolist() == [-1, -1]
