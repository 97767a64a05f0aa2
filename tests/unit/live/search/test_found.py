from __future__ import annotations

import pyarrow as pa

from workbench.live.search.columns import SEARCHED, chunks_of, columns_of, records_of
from workbench.live.search.found import FoundRecords
from workbench.model.records.columns import RECORD

MUCH = 1 << 30


def rows(*offsets: int, partition: int = 0, value: bytes = b"v") -> pa.Table:
    made = [
        {"partition": partition, "offset": at, "timestamp_ms": 1_000 - at, "timestamp_type": 0, "value": value}
        | {"key": None, "headers": [{"name": b"h", "value": None}]}
        for at in offsets
    ]
    return columns_of("t", pa.RecordBatch.from_pylist(made, schema=RECORD), None)


def offsets(table: pa.Table) -> list[int]:
    return list(table["offset"].to_pylist())


def test_the_first_are_kept_up_to_the_limit_and_where_it_ended_is_told():
    found = FoundRecords(5, newest_first=False, most_bytes=MUCH)
    kept, stops = found.take(rows(1, 2, 3))
    assert (offsets(kept), stops, found.full) == ([1, 2, 3], {}, "")
    kept, stops = found.take(pa.concat_tables([rows(4), rows(7, 8, partition=1), rows(9)]))
    assert (offsets(kept), stops) == ([4, 7], {1: 8, 0: 9})
    assert (found.full, found.dropped) == ("the limit of 5 records was reached", True)
    assert offsets(found.table) == [1, 2, 3, 4, 7]


def test_a_step_keeps_its_newest_records_in_order_of_time_and_bounded_memory():
    found = FoundRecords(4, newest_first=True, most_bytes=MUCH)
    for lot in range(0, 100, 10):
        assert found.take(rows(*range(lot, lot + 10)))[0].num_rows == 0
    assert offsets(found.end_step()) == [0, 1, 2, 3]  # the highest timestamps
    assert (found.full, found.dropped) == ("the limit of 4 records was reached", True)
    assert found.end_step().num_rows == 0


def test_large_records_end_a_search():
    found = FoundRecords(1_000, newest_first=False, most_bytes=5_000)
    found.take(rows(1, value=b"x" * 6_000))
    assert found.full.startswith("the records that were found hold ")
    assert not found.dropped


def test_nothing_found_is_an_empty_table_of_the_same_columns():
    assert FoundRecords(3, newest_first=False, most_bytes=MUCH).table.schema.equals(SEARCHED)


def test_rows_become_records_and_chunks_again():
    table = rows(4, 2, partition=3)
    assert [(one.position, one.value, one.headers) for one in records_of(table)] == [
        ("t/3@4", b"v", ((b"h", None),)),
        ("t/3@2", b"v", ((b"h", None),)),
    ]
    assert [(one.partition, one.start, one.records.num_rows) for one in chunks_of(table)] == [(3, 4, 1), (3, 2, 1)]


def test_times_that_cannot_be_written_are_null():
    made = rows(1, 2_000)
    assert made["timestamp"].null_count == 1
    assert made["timestamp_ms"].to_pylist() == [999, -1_000]
