"""Partitioners against the table of known keys, and the column forms against the single ones."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from workbench.bus import partitioners

COUNTS = (3, 4, 6, 12, 15)

TABLE = [
    (b"TT0124", 0xAA07CF36, 4060632459, ("1/0/2", "2/3/0", "4/3/2", "10/3/8", "10/9/2")),
    (b"user-123", 0xA87C3114, 2724751950, ("2/0/2", "0/2/1", "2/0/5", "8/6/5", "8/0/8")),
    (b"order-1", 0x48D1D1F6, 3769860079, ("1/1/1", "2/3/1", "4/1/1", "10/7/1", "1/4/4")),
    (b"", 0x106E08D9, 0, ("0/0/0", "1/0/3", "3/0/3", "9/0/3", "6/0/0")),
    (b"a", 0xA2D0B27C, 3904355907, ("1/0/0", "0/3/0", "4/3/0", "4/3/0", "4/12/6")),
    (b"customer-42", 0xDFA2AB19, 1241360405, ("0/2/0", "1/1/2", "3/5/0", "9/5/6", "3/5/0")),
    ("Zürich".encode(), 0xA38B7831, 3540756798, ("1/0/2", "1/2/0", "1/0/2", "1/6/8", "13/3/2")),
    (bytes([0, 1, 2, 3]), 0x723792A0, 2344191507, ("1/0/2", "0/3/3", "4/3/5", "4/3/11", "10/12/8")),
    (
        b"550e8400-e29b-41d4-a716-446655440000",
        0x7FBD19FF,
        3225157873,
        ("2/1/1", "3/1/0", "5/1/4", "11/1/4", "11/13/4"),
    ),
    (b"\xff" * 7, 0xFBC02593, 4282505709, ("1/0/1", "3/1/0", "1/3/4", "7/9/4", "4/9/13")),
]


@pytest.mark.parametrize(("key", "murmur", "crc", "places"), TABLE, ids=[repr(row[0]) for row in TABLE])
def test_known_keys_land_where_clients_put_them(key, murmur, crc, places):
    assert partitioners.murmur2_hash(key) == murmur
    assert partitioners.crc32_hash(key) == crc
    for count, place in zip(COUNTS, places, strict=True):
        expected = tuple(int(part) for part in place.split("/"))
        single = (
            partitioners.murmur2(key, count),
            partitioners.crc32(key, count),
            partitioners.fnv1a(key, count),
        )
        assert single == expected
        assert partitioners.murmur2_column([key], count).tolist() == [expected[0]]
        assert partitioners.crc32_column([key], count).tolist() == [expected[1]]
        assert partitioners.fnv1a_column([key], count).tolist() == [expected[2]]


@pytest.mark.parametrize("name", ["murmur2", "crc32", "fnv1a"])
def test_columns_agree_with_single_keys_whatever_the_lengths_and_slices(name):
    rng = random.Random(7)  # noqa: S311 - test data
    keys = [None if rng.random() < 0.1 else rng.randbytes(rng.randrange(0, 40)) for _ in range(20_000)]
    single = getattr(partitioners, name)
    column = getattr(partitioners, f"{name}_column")
    expected = [-1 if key is None else single(key, 12) for key in keys]
    assert column(keys, 12).tolist() == expected
    array = pa.array(keys, pa.large_binary())
    assert column(array.slice(100, 5000), 12).tolist() == expected[100:5100]
    assert column(pa.chunked_array([array[:10], array[10:50]]), 12).tolist() == expected[:50]


def test_a_column_without_keys_places_nothing():
    assert partitioners.murmur2_column([], 3).tolist() == []
    assert partitioners.murmur2_column([None, None], 3).tolist() == [-1, -1]


def test_murmur2_and_crc32_agree_only_by_chance():
    keys = [f"key-{number}".encode() for number in range(50_000)]
    same = (partitioners.murmur2_column(keys, 12) == partitioners.crc32_column(keys, 12)).mean()
    assert same == pytest.approx(1 / 12, abs=0.01)
