from __future__ import annotations

import pyarrow as pa

from workbench.live.positions import Positions
from workbench.model import Chunk, Span, TopicPartition
from workbench.model.records.columns import RECORD

ORDERS, BILLS = TopicPartition("orders", 0), TopicPartition("bills", 1)


def followed() -> Positions:
    positions = Positions()
    positions.add([Span("orders", 0, 5, None), Span("bills", 1, 0, 8)], {ORDERS: 20, BILLS: 30})
    return positions


def test_behind_counts_up_to_the_stop() -> None:
    assert followed().behind == 15 + 8


def test_what_was_read_and_what_is_left() -> None:
    positions = followed()
    chunk = Chunk("bills", 1, pa.RecordBatch.from_pylist([], schema=RECORD), 0, 8, 40)
    positions.seen(chunk)
    assert positions.behind == 23
    positions.read(chunk)
    assert positions.behind == 15
    assert positions.spans() == [Span("orders", 0, 5, None)]


def test_the_present_passes_over_what_cannot_be_held() -> None:
    positions = followed()
    assert positions.present({ORDERS: 100, BILLS: None}, 10) == 85
    assert positions.spans() == [Span("orders", 0, 90, None), Span("bills", 1, 0, 8)]


def test_a_deleted_topic_is_forgotten() -> None:
    positions = followed()
    positions.forget({"orders"})
    assert positions.partitions == (BILLS,)
    assert positions.behind == 8
