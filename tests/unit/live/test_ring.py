from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.live.memory import MemoryBudget
from workbench.live.ring import Ring
from workbench.live.row_filter import parse_filter
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.live.row_filter import RowFilter

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
    ring = Ring(SCHEMA, limit_rows=10_000, budget=MemoryBudget(400_000))
    for first in range(0, 100, 10):
        ring.append(batch(first, 10, value=b"x" * 10_000))
    stats = ring.stats
    assert stats.held in (30, 40)
    assert stats.held + stats.dropped == stats.total == 100
    assert stats.dropped == stats.dropped_for_memory
    assert ring.held_bytes <= 450_000


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


def test_small_batches_are_merged_whatever_their_size() -> None:
    ring = Ring(SCHEMA, limit_rows=3_200)
    for first in range(1_000):
        ring.append(batch(first, 1))
    assert len(ring._segments) < 16
    assert offsets(ring.window(0, 1_000)) == list(range(1_000))
    assert ring.held_bytes == sum(segment.batch.get_total_buffer_size() for segment in ring._segments)


def test_merged_batches_keep_their_filter() -> None:
    ring = Ring(SCHEMA, limit_rows=3_200)
    ring.refilter(parse_filter("where partition = 1", SCHEMA))
    for first in range(300):
        ring.append(batch(first, 1))
    assert ring.stats.end == 100
    assert offsets(ring.window(98, 100)) == [295, 298]
    ring.refilter(parse_filter("where partition = 2", SCHEMA))
    assert offsets(ring.window(0, 3)) == [2, 5, 8]


def test_two_rings_share_the_memory_and_the_smaller_one_keeps_all() -> None:
    budget = MemoryBudget(1_000_000)
    small, large = (Ring(SCHEMA, limit_rows=10_000, budget=budget) for _ in range(2))
    for first in range(0, 20, 10):
        small.append(batch(first, 10, value=b"x" * 10_000))
    for first in range(0, 200, 10):
        large.append(batch(first, 10, value=b"x" * 10_000))
    assert small.stats.dropped == 0
    assert small.stats.held == 20
    assert 60 <= large.stats.held <= 80
    small.close()
    large.append(batch(200, 10, value=b"x" * 10_000))
    for first in range(210, 310, 10):
        large.append(batch(first, 10, value=b"x" * 10_000))
    assert large.stats.held >= 80


def test_rows_dropped_while_a_filter_is_applied_stay_away() -> None:
    budget = MemoryBudget(1_000_000)
    ring = Ring(SCHEMA, limit_rows=1_000, budget=budget)
    for first in range(0, 60, 20):
        ring.append(batch(first, 20, value=b"x" * 1_000))

    class Trimming:
        def matches(self, rows: pa.Table) -> Any:
            ring.trim(45_000)
            return np.flatnonzero(np.asarray(rows["partition"]) == 1)

        def cancel(self) -> None: ...
        def close(self) -> None: ...

    ring.refilter(Trimming())
    assert offsets(ring.window(0, 100)) == [offset for offset in range(40, 60) if offset % 3 == 1]


@pytest.mark.parametrize("text", ["", "where partition = 1"])
def test_rows_are_sorted_among_those_held_and_return_to_their_order(ring: Ring, text: str) -> None:
    for first in range(0, 60, 20):
        ring.append(batch(first, 20))
    wanted: RowFilter | None = parse_filter(text, SCHEMA)
    ring.refilter(wanted)
    shown = offsets(ring.window(0, 100))
    view = ring.stats.view
    ring.arrange("offset", descending=True)
    ring.append(batch(60, 5))
    stats = ring.stats
    assert (stats.view, stats.base, stats.end) == (view + 1, 0, len(shown))
    assert offsets(ring.window(0, 5)) == sorted(shown, reverse=True)[:5]
    ring.arrange("key")
    assert ring.window(0, 2)["key"].to_pylist() == sorted(f"Key-{n}".encode() for n in shown)[:2]
    ring.arrange("")
    assert offsets(ring.window(0, len(shown))) == shown


def test_after_dropping_the_sorted_rows_are_those_held(ring: Ring) -> None:
    for first in range(0, 150, 30):
        ring.append(batch(first, 30))
    ring.arrange("offset", descending=True)
    assert offsets(ring.window(0, 2)) == [149, 148]
    assert offsets(ring.window(88, 99)) == [61, 60]


def test_the_newest_rows_of_the_view_stay_when_the_memory_is_given_back(ring: Ring) -> None:
    for first in range(0, 90, 30):
        ring.append(batch(first, 30))
    ring.refilter(parse_filter("where partition = 1", SCHEMA))
    before = ring.held_bytes
    ring.keep_newest(5, 1 << 20)
    stats = ring.stats
    assert (stats.base, stats.end, stats.held, stats.held + stats.dropped) == (25, 30, 5, 90)
    assert offsets(ring.window(0, 30)) == [76, 79, 82, 85, 88]
    assert ring.held_bytes < before / 5


def test_values_larger_than_what_may_stay_go_too(ring: Ring) -> None:
    ring.append(batch(0, 8, value=b"x" * 100_000))
    ring.keep_newest(8, 250_000)
    assert ring.stats.held == 2
    ring.keep_newest(8, 50_000)
    assert ring.stats.held == 0
    assert ring.stats.dropped == 8
