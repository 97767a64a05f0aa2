"""Source records are read with what was made of each, a page at a time."""

from __future__ import annotations

import pytest
from snapshot_rows import raw_records
from wat_guests import WRITE_IT, guest, log, records

from workbench.errors import TransformError, ValidationError
from workbench.transforms.running import lineage, spool

TWICE_IF_ODD = f"{WRITE_IT} (if (i32.and (local.get $n) (i32.const 1)) (then {WRITE_IT}))"
FAILS_AT_3 = "(if (i32.eq (local.get $n) (i32.const 3)) (then (unreachable)))"
NONE_AT_2 = f"(if (i32.ne (local.get $n) (i32.const 2)) (then {WRITE_IT}))"


def made(snap, text, **options):
    return snap.transform(guest(text).encode(), topics="orders", **options).lineage


def test_each_record_has_its_outputs_whatever_the_batches(snap, fill, monkeypatch):
    monkeypatch.setattr(spool, "_BATCH_ROWS", 4)
    fill(raw_records(10, 20), topic="orders")
    fill(raw_records(0, 7, partition=1), topic="orders", capture_id="c2")
    found = made(snap, TWICE_IF_ODD)
    for part, (first, count) in enumerate([(10, 20), (0, 7)]):
        page = found.page(part, -1, 6, "all")
        rows = list(page.rows)
        while page.next is not None:
            page = found.page(part, page.next, 6, "all")
            rows += page.rows
        assert [row.offset for row in rows] == list(range(first, first + count))
        assert [len(row.outputs) for row in rows] == [1 + number % 2 for number in range(count)]
        assert not any(output.changed for row in rows for output in row.outputs)
        assert all(row.outputs[0].value == row.value for row in rows)


def test_records_without_output_and_those_that_failed_are_found(snap, fill, monkeypatch):
    fill(records([b"%d" % number for number in range(8)]), topic="orders")
    found = made(snap, FAILS_AT_3 + NONE_AT_2, on_error="skip")
    rows = {row.offset: row for row in found.page(0, -1, 10, "all").rows}
    assert [offset for offset, row in rows.items() if not row.outputs] == [2, 3, 6, 7]
    assert [row.offset for row in found.page(0, -1, 10, "no output").rows] == [2, 6]
    (failed,) = [row for row in rows.values() if row.failure is not None and row.offset == 3]
    assert "unreachable" in failed.failure
    page = found.page(0, -1, 1, "failed")
    assert ([row.offset for row in page.rows], page.next, page.looked_at) == ([3], 4, 4)
    monkeypatch.setattr(lineage, "LOOK_ROWS", 2)
    page = found.page(0, 4, 1, "changed")
    assert (page.rows, page.next, page.looked_at) == ((), 6, 2)


def test_records_behind_a_failure_were_not_read(snap, fill):
    fill(records([b"%d" % number for number in range(6)]), topic="orders")
    found = made(snap, FAILS_AT_3 + WRITE_IT)
    rows = found.page(0, -1, 10, "all").rows
    assert [row.read for row in rows] == [True, True, True, True, False, False]
    assert found.page(0, -1, 10, "no output").rows == ()


def test_only_selected_records_are_shown_and_changes_are_told(snap, fill):
    fill(records([b'{"a": "x"}', b'{"a": "yy"}', None]), topic="orders")
    result = snap.transform(
        "sample:mask",
        topics="orders",
        environment={"MASK_MEMBER": "a"},
        where='"offset" < $most',
        params={"most": 2},
    )
    rows = result.lineage.page(0, -1, 10, "all").rows
    assert [(row.offset, row.outputs[0].changed) for row in rows] == [(0, True), (1, True)]


def test_the_panel_of_a_result(snap, fill):
    fill(records([b"a", b"<b>\x1b", b"c" * 900]), topic="orders")
    panel = snap.transform(guest(log("read it", 2) + NONE_AT_2).encode(), topics="orders").show()
    text = panel.snapshot().text
    assert "no output" in text
    assert "(900 bytes)" in text
    assert "orders/0@2 warn: read it" in text
    assert "3 records read, 2 records written" in text
    assert "\x1b" not in text
    assert "<b>" not in panel.snapshot().html()
    panel.close()
    result = snap.transform("sample:passthrough", topics="orders")
    assert [row.offset for row in result.show("orders/0@1").page.rows] == [1, 2]
    with pytest.raises(ValidationError, match="Nothing was read of orders, partition 7"):
        result.show("orders/7@1")
    result.close()
    with pytest.raises(TransformError, match="given back"):
        result.show()
    result.viewer = None
    with pytest.raises(ValidationError, match="no panel"):
        result.show()
