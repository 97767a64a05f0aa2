"""A captured view is compared with what its module makes of the captured source."""

from __future__ import annotations

import pyarrow as pa
import pytest
from snapshot_rows import Filler
from wat_guests import guest, records

from workbench.decoding import Decoder
from workbench.errors import UnknownTopicError, ValidationError
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore

FAILS_AT_1 = "(if (i32.eq (local.get $n) (i32.const 1)) (then (unreachable)))"


@pytest.fixture
def snap(tmp_path):
    with Snapshot(SnapshotStore.open(tmp_path / "shop.duckdb", write=True)) as opened:
        Filler(opened.store, Decoder())(records([b"a", b"b", None, b""]), topic="orders", capture_id="c0")
        yield opened


def fill(snap, rows):
    Filler(snap.store, Decoder())(rows, topic="view", capture_id="c1")


def compare(snap, module="sample:passthrough"):
    return snap.compare_view(module, source="orders", view="view")


def test_a_view_that_is_equal_agrees(snap):
    fill(snap, records([b"a", b"b", None, b""], timestamp_type=1, timestamp_ms=9))
    found = compare(snap)
    assert found.agrees
    assert (found.matched, found.doubled, found.missing, found.extra, found.failed) == (4, 0, 0, 0, 0)
    assert repr(found) == "view and its module over orders agree: matched 4"
    assert len(found.frame) == 0
    assert {row["topic"] for row in found.frame.attrs["provenance"]} == {"orders", "view"}


def test_differences_are_told_apart_and_have_their_positions(snap):
    same = records([b"a", b"b"])
    other = records([b"<b>\x1b", b""], first=3)
    fill(snap, pa.concat_tables([same, same.slice(0, 1).set_column(1, same.schema.field(1), pa.array([2])), other]))
    found = compare(snap)
    assert not found.agrees
    # The last record has another key than the one of the source, so it is an extra one.
    assert (found.matched, found.doubled, found.missing, found.extra) == (2, 1, 2, 2)
    rows = [f"{row['difference']} {row['topic']}@{row['offset']}" for _, row in found.frame.iterrows()]
    assert rows == ["doubled view@2", "extra view@3", "extra view@4", "missing orders@2", "missing orders@3"]
    assert "<b>" not in found._repr_html_()
    assert "\x1b" not in repr(found) + found._repr_html_()
    assert "view and its module over orders differ" in repr(found)


def test_the_partition_counts(snap):
    fill(snap, records([b"a", b"b", None, b""], partition=1))
    assert compare(snap).missing == 4


def test_a_module_that_fails_does_not_agree(snap):
    fill(snap, records([b"a", b"b", None, b""]))
    found = compare(snap, guest(FAILS_AT_1 + "(drop (call $write (i32.const 4096) (local.get $length)))").encode())
    assert found.failed == 2
    assert not found.agrees


def test_one_topic_of_each_is_compared(snap):
    with pytest.raises(UnknownTopicError, match="view"):
        compare(snap)
    fill(snap, records([b"a"]))
    with pytest.raises(ValidationError, match="2 captured topics"):
        snap.compare_view("sample:passthrough", source="*", view="view")


def test_the_panel_shows_where_the_view_has_each_output(snap):
    same = records([b"a", b"b"], first=7)
    fill(snap, pa.concat_tables([same, records([b"other"], first=9)]))
    found = compare(snap)
    panel = found.show()
    assert [[one.found for one in row.outputs] for row in panel.page.rows] == [[7], [8], [None], [None]]
    assert [[one.missing for one in row.outputs] for row in panel.page.rows] == [[False], [False], [True], [True]]
    text = panel.snapshot().text
    assert "Records of the view that no source record leads to" in text
    assert "view and its module over orders differ" in text
    panel.close()


def test_equal_outputs_are_matched_in_their_order(tmp_path):
    with Snapshot(SnapshotStore.open(tmp_path / "same.duckdb", write=True)) as snap:
        row = records([b"a"])
        rows = pa.concat_tables([row.set_column(1, row.schema.field(1), pa.array([n])) for n in range(4)])
        Filler(snap.store, Decoder())(rows, topic="orders", capture_id="c0")
        fill(snap, rows.slice(0, 3))
        panel = compare(snap).show()
        assert [row.outputs[0].found for row in panel.page.rows] == [0, 1, 2, None]
        panel.close()
