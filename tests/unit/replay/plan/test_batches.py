"""Batches end by count, bytes and time."""

from __future__ import annotations

from workbench.replay import Options
from workbench.replay.plan.batches import BATCH_BYTES, BATCH_RECORDS, split


def test_batches_end_by_count_bytes_and_time():
    options = Options.parse({})
    seqs = list(range(BATCH_RECORDS + 1))
    assert [len(batch.seqs) for batch in split(seqs, [1] * len(seqs), options)] == [BATCH_RECORDS, 1]
    half = BATCH_BYTES // 2
    assert [batch.seqs for batch in split([3, 5, 7], [half, half, 1], options)] == [(3, 5), (7,)]
    assert [batch.seqs for batch in split([1, 2], [BATCH_BYTES * 2, 1], options)] == [(1,), (2,)]
    slow = Options.parse({"records_per_s": 2})
    lengths = [len(batch.seqs) for batch in split(range(25), [1] * 25, slow)]
    assert sum(lengths) == 25
    assert max(lengths) <= 11
    assert list(split([], [], options)) == []
