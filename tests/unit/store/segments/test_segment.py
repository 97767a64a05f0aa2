"""Summaries of the positions in a segment."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workbench.store.segments.segment import PartitionRows, joined, partition_rows

SCHEMA = pa.schema([("source_id", pa.int32()), ("partition", pa.int32()), ("offset", pa.int64()), ("key", pa.binary())])
positions = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2**62)), max_size=30)


def table(rows: list[tuple[int, int, int]]) -> pa.Table:
    return pa.table(
        [pa.array([row[at] for row in rows], SCHEMA.field(at).type) for at in range(3)]
        + [pa.nulls(len(rows), pa.binary())],
        schema=SCHEMA,
    )


@given(st.lists(positions, max_size=4), st.integers(0, 3))
def test_each_partition_has_its_first_and_last_offset(parts, start):
    records = pa.concat_tables([table(rows) for rows in parts] or [table([])]).slice(start)
    expected: dict[tuple[int, int], PartitionRows] = {}
    for row in records.to_pylist():
        one = PartitionRows(row["source_id"], row["partition"], row["offset"], row["offset"], 1)
        expected[one.source_id, one.partition] = joined(expected.get((one.source_id, one.partition)), one)
    assert {(one.source_id, one.partition): one for one in partition_rows(records)} == expected


def test_a_summary_of_two_segments_spans_both():
    assert joined(PartitionRows(1, 0, 10, 19, 10), PartitionRows(1, 0, 5, 30, 4)) == PartitionRows(1, 0, 5, 30, 14)
