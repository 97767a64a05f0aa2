from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from workbench.bus.partitioner_detection import detect_partitioner, partition_of
from workbench.bus.partitioners import crc32, fnv1a, murmur2

PLACED_BY = {"murmur2": murmur2, "crc32": crc32, "fnv1a": fnv1a}


def placed(place, count: int, partitions: int = 12) -> tuple[pa.Array, np.ndarray]:
    keys = [f"key-{number}".encode() for number in range(count)]
    return pa.array(keys, pa.binary()), np.array([place(key, partitions) for key in keys], np.int32)


@pytest.mark.parametrize("name", PLACED_BY)
def test_each_partitioner_is_found_with_the_share_that_fits(name):
    keys, lies_in = placed(PLACED_BY[name], 1_000)
    found = detect_partitioner(keys, lies_in, 12)
    assert (found.name, found.best, found.share, found.keys) == (name, name, 1.0, 1_000)
    assert partition_of(found.name, b"key-7", 12) == lies_in[7]


def test_few_strays_are_said_by_the_share():
    keys, lies_in = placed(murmur2, 1_000)
    lies_in[:3] = (lies_in[:3] + 1) % 12
    found = detect_partitioner(keys, lies_in, 12)
    assert (found.name, found.share) == ("murmur2", 0.997)


def test_two_kinds_of_producers_are_mixed():
    first, second = placed(murmur2, 500), placed(crc32, 1_000)
    keys = pa.concat_arrays([first[0], second[0].slice(500)])
    found = detect_partitioner(keys, np.concatenate([first[1], second[1][500:]]), 12)
    assert found.name == "mixed"
    assert 0.5 <= found.shares["murmur2"] < 0.6
    assert 0.5 <= found.shares["crc32"] < 0.6


def test_chance_few_keys_and_keyless_records_prove_nothing():
    keys, _ = placed(murmur2, 1_000)
    source = random.Random(3)  # noqa: S311 - repeatable, not secret
    by_chance = np.array([source.randrange(12) for _ in range(1_000)], np.int32)
    assert detect_partitioner(keys, by_chance, 12).name == "unknown"
    few, lies_in = placed(murmur2, 199)
    assert detect_partitioner(few, lies_in, 12).name == "unknown"
    none = pa.array([None, b""] * 300, pa.binary())
    found = detect_partitioner(none, np.zeros(600, np.int32), 12)
    assert (found.name, found.records, found.share, found.best) == ("unknown", 0, 0.0, "none")
