from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from workbench.errors import ValidationError
from workbench.live import row_filter
from workbench.live.ring import Ring
from workbench.live.row_filter import parse_filter
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCHEMA = pa.schema([pa.field("topic", pa.string()), *RECORD, pa.field("problems", pa.list_(pa.string()))])


def batch(first: int, count: int, *, value: bytes | None = None, topic: str = "orders") -> pa.RecordBatch:
    rows = range(first, first + count)
    return pa.RecordBatch.from_pylist(
        [
            {
                "topic": topic,
                "partition": row % 3,
                "offset": row,
                "timestamp_ms": 1_700_000_000_000 + row,
                "timestamp_type": 0,
                "key": f"Key-{row}".encode(),
                "value": value if value is not None else f'{{"n": {row}, "name": "Zürich"}}'.encode(),
                "headers": [{"name": b"h\xff", "value": f"header-{row}".encode()}, {"name": b"null", "value": None}],
                "problems": ["odd"] if row == first else [],
            }
            for row in rows
        ],
        schema=SCHEMA,
    )


def offsets(table: pa.Table) -> list[int]:
    return table["offset"].to_pylist()  # type: ignore[no-any-return]


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring(SCHEMA, limit_rows=100)
    yield made
    made.close()


def matching(text: str, rows: pa.RecordBatch) -> list[int]:
    parsed = parse_filter(text, SCHEMA)
    assert parsed is not None
    try:
        return parsed.matches(rows).tolist()
    finally:
        parsed.close()


def test_a_window_is_read_by_position_across_batches(ring: Ring) -> None:
    for first in range(0, 60, 20):
        ring.append(batch(first, 20))
    assert offsets(ring.window(15, 45)) == list(range(15, 45))
    assert offsets(ring.window(58, 99)) == [58, 59]
    assert offsets(ring.window(70, 80)) == []


def test_old_batches_make_room_and_are_counted(ring: Ring) -> None:
    for first in range(0, 150, 30):
        ring.append(batch(first, 30))
    stats = ring.stats
    assert (stats.base, stats.end, stats.total, stats.held, stats.dropped) == (60, 150, 150, 90, 60)
    assert offsets(ring.window(0, 62)) == [60, 61]


def test_a_batch_larger_than_the_ring_keeps_its_newest_rows(ring: Ring) -> None:
    ring.append(batch(0, 250))
    stats = ring.stats
    assert (stats.total, stats.held, stats.dropped) == (250, 100, 150)
    assert offsets(ring.window(stats.base, stats.base + 1)) == [150]


def test_bytes_bound_it_as_well() -> None:
    ring = Ring(SCHEMA, limit_rows=10_000, limit_bytes=400_000)
    for first in range(0, 100, 10):
        ring.append(batch(first, 10, value=b"x" * 10_000))
    assert ring.stats.held in (30, 40)
    assert ring.stats.held + ring.stats.dropped == ring.stats.total == 100


def test_an_empty_batch_changes_nothing(ring: Ring) -> None:
    ring.append(batch(0, 0))
    assert ring.stats.total == 0


def test_a_filter_renumbers_what_is_held_and_what_comes(ring: Ring) -> None:
    ring.append(batch(0, 30))
    ring.refilter(parse_filter("where partition = 1", SCHEMA))
    ring.append(batch(30, 30))
    stats = ring.stats
    assert (stats.view, stats.base, stats.end, stats.total, stats.held) == (1, 0, 20, 60, 60)
    assert offsets(ring.window(8, 12)) == [25, 28, 31, 34]
    ring.refilter(None)
    assert (ring.stats.view, ring.stats.end) == (2, 60)


def test_positions_go_on_after_filtered_rows_were_let_go(ring: Ring) -> None:
    ring.refilter(parse_filter("where partition = 1", SCHEMA))
    for first in range(0, 150, 30):
        ring.append(batch(first, 30))
    stats = ring.stats
    assert (stats.base, stats.end, stats.dropped) == (20, 50, 60)
    assert offsets(ring.window(0, 21)) == [61]


def test_a_record_is_found_until_it_is_let_go(ring: Ring) -> None:
    ring.append(batch(0, 60))
    assert ring.find("orders", 2, 41)["key"].to_pylist() == [b"Key-41"]
    assert ring.find("orders", 1, 41).num_rows == 0
    assert ring.find("other", 2, 41).num_rows == 0
    ring.append(batch(60, 60))
    assert ring.find("orders", 2, 41).num_rows == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key-1", [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
        ("HEADER-7", [7]),
        ("zürich key-3", [3]),
        ("odd", [0]),
        ("1700000000004", [4]),
        ("nothing-like-it", []),
        ("where value like '%\"n\": 5,%'", [5]),
        ("WHERE key = 'Key-6' or \"offset\" = 8", [6, 8]),
        ("where len(problems) > 0 -- a remark", [0]),
        ("where topic <> 'orders'", []),
    ],
)
def test_words_and_conditions(text: str, expected: Sequence[int]) -> None:
    assert matching(text, batch(0, 20)) == expected


def test_bytes_that_are_not_text_neither_fail_nor_match_a_condition() -> None:
    rows = batch(0, 3, value=b"\xff\xfe")
    assert matching("where value is null", rows) == [0, 1, 2]
    assert matching("where key like 'Key%'", rows) == [0, 1, 2]
    assert matching("key-2", rows) == [2]


def test_an_empty_line_shows_everything() -> None:
    assert parse_filter("  \n", SCHEMA) is None


@pytest.mark.parametrize(
    "text",
    [
        "where partition = ",
        "where nowhere = 1",
        "where true) or (select count(*) from batch) > 0; drop table x; select (1",
        "where true); create table t(x int); --",
        "where exists (select * from read_text('/etc/hostname'))",
        "where (select count(*) from 'data.parquet') > 0",
        "where exists (select * from row_filter)",
        "x" * 2_001,
    ],
)
def test_a_filter_that_cannot_be_used_says_so(text: str) -> None:
    with pytest.raises(ValidationError, match="filter"):
        parse_filter(text, SCHEMA)


def test_a_condition_that_fails_on_a_record_is_an_error_of_the_filter() -> None:
    with pytest.raises(ValidationError, match="filter cannot be used"):
        matching("where key::int > 3", batch(0, 3))


def test_a_condition_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_filter, "TIME_LIMIT_S", 0.3)
    endless = (
        "where (select count(*) from range(1000000000) a(x), range(1000000000) b(y) where x*y % 7 = topic.len()) > 0"
    )
    with pytest.raises(ValidationError, match="simpler"):
        matching(endless, batch(0, 3))


def test_reading_while_another_thread_appends_sees_whole_rows() -> None:
    ring = Ring(SCHEMA, limit_rows=500)
    writer = threading.Thread(target=lambda: [ring.append(batch(first, 50)) for first in range(0, 5_000, 50)])
    writer.start()
    while writer.is_alive():
        stats = ring.stats
        seen = offsets(ring.window(stats.end - 10, stats.end))
        assert seen == list(range(stats.end - 10, stats.end))[-len(seen) :] or not seen
    writer.join()
    assert ring.stats.total == 5_000
