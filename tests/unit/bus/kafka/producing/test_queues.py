"""Batches are bounded in records and bytes, and split in halves without losing a row."""

from __future__ import annotations

import numpy as np

from workbench.bus.kafka.producing.queues import BATCH_BYTES, BATCH_RECORDS, RecordQueue, bounds
from workbench.model import NewRecord, TopicPartition


def test_batches_end_by_records_and_by_bytes():
    assert list(bounds([])) == []
    assert list(bounds([1] * (BATCH_RECORDS + 1))) == [(0, BATCH_RECORDS), (BATCH_RECORDS, BATCH_RECORDS + 1)]
    half = BATCH_BYTES // 2
    assert list(bounds(np.array([half, half, 1, 3 * BATCH_BYTES, 1]))) == [(0, 1), (1, 3), (3, 4), (4, 5)]


def test_records_are_queued_and_halved_in_their_order():
    queue = RecordQueue(TopicPartition("t", 0))
    for at in range(5):
        queue.add(at * 10, NewRecord("t", b"k", b"%d" % at, ((b"h", None),), 0), at)
    (batch,) = queue.batches()
    first, second = batch.halves()
    assert (list(first.rows), list(second.rows)) == ([0, 10], [20, 30, 40])
    assert second.contents()[0] == (b"k", b"2", ((b"h", None),))
    assert list(second.timestamps) == [2, 3, 4]
