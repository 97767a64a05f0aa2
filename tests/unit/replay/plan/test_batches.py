"""Batches end by count, bytes and time."""

from __future__ import annotations

import numpy as np

from workbench.replay import Options
from workbench.replay.plan.batches import BATCH_BYTES, BATCH_RECORDS, bounded, split


def parts(seqs, sizes, options):
    times = np.arange(len(seqs)) * 1000
    batches = split(np.array(seqs, np.int64), np.array(sizes, np.int64), times, options)
    return [batch.seqs.tolist() for batch in batches]


def test_batches_end_by_count_bytes_and_time():
    options = Options.parse({})
    seqs = list(range(BATCH_RECORDS + 1))
    assert [len(batch) for batch in parts(seqs, [1] * len(seqs), options)] == [BATCH_RECORDS, 1]
    half = BATCH_BYTES // 2
    assert parts([3, 5, 7], [half, half, 1], options) == [[3, 5], [7]]
    assert parts([1, 2], [BATCH_BYTES * 2, 1], options) == [[1], [2]]
    slow = Options.parse({"records_per_s": 2})
    lengths = [len(batch) for batch in parts(range(25), [1] * 25, slow)]
    assert sum(lengths) == 25
    assert max(lengths) <= 3
    assert parts([], [], options) == []
    paced = Options.parse({"speed": 1})
    assert [len(batch) for batch in parts(range(13), [1] * 13, paced)] == [2] * 6 + [1], "a second and its first"


def test_a_piece_has_so_many_records_and_bytes_at_most_and_one_record_at_least():
    ends = np.cumsum([3, 3, 3, 20, 1, 1])
    assert [bounded(ends, start, 2, 10) for start in range(6)] == [2, 3, 3, 4, 6, 6]
    assert [bounded(ends, start, 9, 6) for start in range(6)] == [2, 3, 3, 4, 6, 6]
