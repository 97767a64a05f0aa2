"""Partitions of records that name none, one by one and as a column."""

from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.bus.partitioners import murmur2
from workbench.bus.placement import Placement

KEYS = [None, b"", b"order-1", None, b"order-2", None, b"\xff\x00"]


@pytest.mark.parametrize("times", [1, 10])
def test_keys_are_hashed_and_the_rest_takes_turns(times):
    keys = KEYS * times
    turn = iter(range(len(keys)))
    assert Placement().of_keys("t", keys, 4) == [next(turn) % 4 if key is None else murmur2(key, 4) for key in keys]


def test_one_by_one_and_as_a_column_are_the_same_rule():
    single, column = Placement(), Placement()
    for _ in range(3):
        expected = [single.of_key("t", key, 5) for key in KEYS]
        assert column.of_column("t", pa.array(KEYS, pa.binary()), 5).tolist() == expected


def test_each_topic_has_turns_of_its_own():
    placement = Placement()
    assert [placement.of_key(topic, None, 3) for topic in ("a", "a", "b", "a", "b")] == [0, 1, 0, 2, 1]
