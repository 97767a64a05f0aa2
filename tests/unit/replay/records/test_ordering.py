"""Records are ordered by position or by time."""

from __future__ import annotations

from replay_samples import row, table

from workbench.replay.records.ordering import ordered


def test_order_by_position_and_by_time():
    rows = [
        row(2, timestamp_ms=50),
        row(1, timestamp_ms=90),
        row(1, timestamp_ms=60, partition=1),
        row(0, timestamp_ms=10, partition=1),
        row(3, timestamp_ms=95),
    ]
    by_place = ordered(table(*rows), "offset")
    assert [(r["partition"], r["offset"]) for r in by_place.to_pylist()] == [(0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    by_time = ordered(table(*rows), "timestamp")
    assert [(r["partition"], r["offset"]) for r in by_time.to_pylist()] == [(1, 0), (1, 1), (0, 1), (0, 2), (0, 3)]
