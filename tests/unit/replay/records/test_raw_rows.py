"""Rows of raw tables, and what is read back of a run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from replay_samples import row, table

from workbench.replay.records.raw_rows import RawRows, beside


def test_headers_by_row_and_by_name():
    rows = RawRows(
        table(
            row(1, headers=[(b"a", b"1"), (b"b", None), (b"a", b"2")]),
            row(2),
            row(3, headers=[(b"\xff", b"x"), (b"a", None)]),
        ),
    )
    assert [rows.headers(at) for at in range(3)] == [
        ((b"a", b"1"), (b"b", None), (b"a", b"2")),
        (),
        ((b"\xff", b"x"), (b"a", None)),
    ]
    assert list(rows.named(b"a")) == [(0, b"1"), (0, b"2"), (2, None)]
    assert list(rows.named(b"absent")) == []
    assert rows.unwritable_names().tolist() == [2]
    assert rows.sizes().tolist() == [1 + 2 + 2 + 1 + 2, 1 + 2, 1 + 2 + 2 + 1]


def test_tables_in_pieces_and_slices():
    one = table(row(1, headers=[(b"a", b"1")]), row(2), row(3, headers=[(b"c", b"3")]))
    pieces = pa.concat_tables([one.slice(2), one.slice(0, 1)])
    rows = RawRows(pieces)
    assert [rows.headers(at) for at in range(2)] == [((b"c", b"3"),), ((b"a", b"1"),)]
    sliced = RawRows(one.slice(1).combine_chunks().to_batches()[0])
    assert [sliced.headers(at) for at in range(2)] == [(), ((b"c", b"3"),)]
    assert sliced.sizes().tolist() == [3, 5]
    empty = RawRows(one.slice(0, 0))
    assert (len(empty), list(empty.named(b"a")), empty.unwritable_names().tolist(), empty.sizes().tolist()) == (
        0,
        [],
        [],
        [],
    )


@pytest.mark.parametrize("seqs", [[], [4], [2, 3, 4], [2, 4], [0, 1, 3]])
def test_seqs_that_follow_each_other_choose_without_a_copy(seqs):
    values = np.arange(6) * 10
    rows = beside(np.array(seqs, np.int64))
    assert values[rows].tolist() == [10 * seq for seq in seqs]
    assert isinstance(rows, slice) == (seqs in ([4], [2, 3, 4]))
