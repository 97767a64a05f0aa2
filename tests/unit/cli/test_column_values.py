from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.cli.column_values import byte_values, integers, list_ends

BYTES = pa.array([b"one", None, b"", b"\xff\0", None, b"six", b"seven", b"8", b"nine", None], pa.binary())
LISTS = pa.array([[1, 2], [], [3], [4, 5, 6], []], pa.list_(pa.int32()))


@pytest.mark.parametrize("part", [slice(0, 10), slice(1, 4), slice(3, 10), slice(5, 5), slice(9, 10)])
def test_byte_values_of_columns_and_their_slices(part):
    column = BYTES[part]
    assert byte_values(column) == column.to_pylist()


def test_columns_without_rows_and_of_nulls_alone():
    assert byte_values(pa.array([], pa.binary())) == []
    assert byte_values(pa.nulls(3, pa.binary())) == [None] * 3
    assert integers(pa.array([], pa.int64())) == []
    assert list_ends(pa.array([], LISTS.type)) == [0]


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.int64()])
def test_integers_of_a_slice(kind):
    column = pa.array([-1, 0, 127, -128], kind)
    assert integers(column) == [-1, 0, 127, -128]
    assert integers(column[1:3]) == [0, 127]


def test_ends_of_lists():
    assert list_ends(LISTS) == [0, 2, 2, 3, 6, 6]
    assert list_ends(LISTS[2:4]) == [2, 3, 6]
