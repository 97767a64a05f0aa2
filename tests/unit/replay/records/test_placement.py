"""Each partition policy places records as its producers do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.replay.options import Partitions
from workbench.replay.records.placement import place


def test_placement_policies():
    source, keys = np.array([0, 1, 2, 2], np.int32), pa.array([b"a", None, b"", None], pa.binary())

    def placed(policy: object, count: int) -> list[int]:
        return place(Partitions.parse(policy), source, keys, count).tolist()

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
