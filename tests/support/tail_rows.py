"""Rows of a live table for tests, and a filter run over them."""

from __future__ import annotations

import pyarrow as pa

from workbench.live.row_filter import parse_filter
from workbench.model.records.columns import RECORD

SCHEMA = pa.schema([pa.field("topic", pa.string()), *RECORD, pa.field("problems", pa.list_(pa.string()))])


def rows(first: int, count: int, *, value: bytes | None = None) -> pa.Table:
    made = [
        {
            "topic": "orders",
            "partition": row % 3,
            "offset": row,
            "timestamp_ms": 1_700_000_000_000 + row,
            "timestamp_type": 0,
            "key": f"Key-{row}".encode(),
            "value": value if value is not None else f'{{"n": {row}, "name": "Zürich"}}'.encode(),
            "headers": [{"name": b"h\xff", "value": f"header-{row}".encode()}, {"name": b"null", "value": None}],
            "problems": ["odd"] if row == first else [],
        }
        for row in range(first, first + count)
    ]
    halves = made[: count // 2], made[count // 2 :]
    return pa.concat_tables(pa.Table.from_pylist(half, schema=SCHEMA) for half in halves)


def matching(text: str, found: pa.Table) -> list[int]:
    parsed = parse_filter(text, SCHEMA)
    assert parsed is not None
    try:
        return [int(row) for row in parsed.matches(found)]
    finally:
        parsed.close()
