"""Captured records are transformed: outputs, where each came from, what stopped it, and what is said about it."""

from __future__ import annotations

import gc

import pytest
from snapshot_rows import raw_records
from wat_guests import guest, log, records

from workbench.errors import QueryError, TransformError, UnknownTopicError, ValidationError
from workbench.transforms import Limits

FAIL_AT_3 = "(if (i32.eq (local.get $n) (i32.const 3)) (then (unreachable)))"
WRITE = "(drop (call $write (i32.const 4096) (local.get $length)))"


@pytest.fixture
def orders(snap, fill):
    fill(raw_records(10, 20), topic="orders")
    fill(raw_records(0, 7, partition=1), topic="orders", capture_id="c2")
    fill(raw_records(0, 3), topic="payments", capture_id="c3")
    return snap


def test_every_record_comes_back_with_its_position(orders):
    result = orders.transform("sample:passthrough", topics="orders")
    frame = result.frame
    expected = orders.store.record_table("topic = 'orders'")
    assert frame["value"].tolist() == expected["value"].to_pylist()
    assert frame["key"].tolist() == expected["key"].to_pylist()
    assert [list(one) for one in frame["headers"]] == expected["headers"].to_pylist()
    assert list(zip(frame["source_partition"], frame["source_offset"], strict=True)) == [*((0, n) for n in range(10, 30)), *((1, n) for n in range(7))]  # fmt: skip  # noqa: E501
    assert set(frame["topic"]) == {"passthrough"}
    assert result.counts == {"records": 27, "outputs": 27, "skipped": 0, "errors": 0}
    assert result.complete
    assert frame.attrs["transform"]["complete"]
    assert [row["topic"] for row in frame.attrs["provenance"]] == ["orders", "orders"]
    assert len(result.provenance) == 2
    assert list(result.rows()) == result.table().to_pylist()
    assert len(result.head(3)) == 3


def test_topics_conditions_and_limits_choose_records(orders):
    both = orders.transform("sample:passthrough", topics=["orders", "payments"], name="all", output_topics=("x", "y"))
    assert both.counts["records"] == 30
    assert set(both.frame["topic"]) == {"x"}
    assert both.name == "all"
    paid = orders.transform("sample:passthrough", topics="*", where="event_type = $kind", params={"kind": "order.paid"})
    assert paid.counts["records"] == len(orders.events(type="order.paid"))
    few = orders.transform("sample:passthrough", topics="*", limit=22)
    assert few.counts["records"] == 22
    assert not few.complete
    assert "stopped at the limit of 22 records" in repr(few)


def test_a_failing_record_stops_its_partition_and_others_go_on(orders):
    result = orders.transform(guest(FAIL_AT_3 + WRITE).encode(), topics="orders")
    assert result.counts == {"records": 6, "outputs": 6, "skipped": 0, "errors": 2}
    assert result.errors[["partition", "offset"]].values.tolist() == [[0, 13], [1, 3]]
    rows = result.partitions[["partition", "records", "last_offset", "state"]].values.tolist()
    assert rows == [[0, 3, 12, "stopped"], [1, 3, 2, "stopped"]]
    assert "unreachable" in result.partitions["reason"][0]
    assert not result.complete
    assert "orders/0@13: It reached an instruction that ends it" in repr(result)


def test_failing_records_can_be_skipped(orders):
    result = orders.transform(guest(FAIL_AT_3 + WRITE).encode(), topics="orders", on_error="skip")
    assert result.counts == {"records": 21, "outputs": 21, "skipped": 6, "errors": 6}
    assert set(result.partitions["state"]) == {"complete"}
    assert not result.complete
    assert "records skipped 6" in repr(result)
    assert "1 more error in .errors" in repr(result)


def test_hostile_text_is_shown_and_not_obeyed(snap, fill):
    fill(records([b"<img src=x onerror=alert(1)>\x1b[31m"]), topic="orders")
    result = snap.transform(guest(WRITE + log("<script>\x1b[2J")).encode(), topics="orders")
    html = result._repr_html_()
    assert "<img" not in html
    assert "<script" not in html
    assert "\x1b" not in html + repr(result)
    assert result.logs[["topic", "partition", "offset", "level", "text"]].values.tolist() == [["orders", 0, 0, "info", "<script>\x1b[2J"]]  # fmt: skip  # noqa: E501
    assert result.logs.attrs["dropped"] == 0


def test_large_values_are_exact(snap, fill):
    large = bytes(range(256)) * 2_000
    fill(records([large, b"small", large[::-1], None]), topic="orders")
    result = snap.transform("sample:passthrough", topics="orders")
    assert result.frame["value"].tolist() == [large, b"small", large[::-1], None]


def test_a_variable_reaches_the_guest(snap, fill):
    fill(records([b'{"email": "a@b.c", "n": 1}']), topic="orders")
    result = snap.transform("sample:mask", topics="orders", environment={"MASK_MEMBER": "email"})
    assert result.frame["value"].tolist() == [b'{"email": "*****", "n": 1}']


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"topics": "none"}, UnknownTopicError, "none"),
        ({"topics": "orders", "where": "nothing = 1"}, QueryError, "nothing"),
        ({"topics": "orders", "on_error": "retry"}, ValidationError, "'stop' or 'skip'"),
        ({"topics": "orders", "limit": True}, ValidationError, "no number of records"),
        ({"topics": "orders", "name": "orders"}, TransformError, "never end"),
        ({"topics": "orders", "environment": {"REDPANDA_A": "1"}}, TransformError, "is the host's"),
        ({"topics": "orders", "other": 1}, TypeError, "other"),
    ],
)
def test_what_cannot_be_run_is_refused(orders, options, error, why):
    with pytest.raises(error, match=why):
        orders.transform("sample:passthrough", **options)


def test_an_empty_selection_is_complete(orders):
    result = orders.transform("sample:passthrough", topics="orders", where="false")
    assert result.complete
    assert len(result.frame) == 0
    assert "0 records read" in result._repr_html_()


def test_the_temporary_file_is_given_back(orders):
    result = orders.transform("sample:passthrough", topics="orders", limits=Limits(memory_bytes=4 << 20))
    file = result._spool._file
    del result
    gc.collect()
    assert file.closed


def test_outputs_that_fill_the_disk_are_stopped(orders):
    with pytest.raises(TransformError, match=r"written more than 100 bytes.*where="):
        orders.transform("sample:passthrough", topics="orders", limits=Limits(output_bytes=100))


def test_memory_does_not_grow_with_the_outputs(orders):
    # 81 outputs of 400,000 bytes for each of the records, flushed every 8 MiB.
    many = f"(loop $on {WRITE} (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $on (i32.lt_u (local.get $i) (i32.const 81)))) (local.set $i (i32.const 0))"  # fmt: skip  # noqa: E501
    result = orders.transform(guest(many).encode(), topics="payments")
    assert result.counts["outputs"] == 243
    assert sum(batch.num_rows for batch in result.batches()) == 243
    result.close()
    result.close()
