"""Captured ranges: where the beginning of a partition is missing."""

from __future__ import annotations

import pyarrow as pa
import pytest
from traces import graph_of

from workbench.errors import TableError
from workbench.tracing.graph import RANGES


def ranges(*rows: tuple[int, int, int, int]):
    names = ("source_id", "partition", "from", "next")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=RANGES)


def hops(count, size, kind="B", topic="t", start=1_000_000):
    rows = []
    for i in range(count):
        at = start + i * 10_000
        rows += [
            {"event_id": f"{kind}{i}c", "t": at, "event_type": "A", "topic": topic, "cause_state": "root"},
            {"event_id": f"{kind}{i}", "t": at + size, "event_type": kind, "topic": topic, "causes": [f"{kind}{i}c"]},
        ]
    return rows


def test_pieces_that_touch_are_one_and_a_hole_begins_anew():
    rows = [
        {"event_id": "a", "t": 100, "offset": 0},
        {"event_id": "b", "t": 200, "offset": 50},
        {"event_id": "h1", "t": 10, "offset": 60, "causes": []},
        {"event_id": "x", "t": 210, "offset": 70, "causes": ["gone"]},
        *hops(1, 30, start=5_000),
    ]
    touching = graph_of(*rows, ranges=ranges((0, 0, 0, 50), (0, 0, 50, 90)))
    assert touching.unresolved["reason"].to_list() == ["missing"]
    holed = graph_of(*rows, ranges=ranges((0, 0, 0, 40), (0, 0, 50, 90)))
    assert holed.unresolved["reason"].to_list() == ["truncated"]
    with pytest.raises(TableError, match="from"):
        graph_of(*rows, ranges=ranges((0, 0, 0, 40)).drop_columns("from"))
