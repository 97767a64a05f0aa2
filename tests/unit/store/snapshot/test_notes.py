"""The notes of a snapshot: what captures remarked, which offsets are lost, what is damaged; bounded and visible."""

from __future__ import annotations

import pyarrow as pa
from snapshot_rows import raw_records

from workbench.model.records.chunk import Gap
from workbench.model.records.columns import RECORD
from workbench.store.snapshot.captures import add_note
from workbench.store.snapshot.notes import SHOWN, replace_notes, snapshot_notes
from workbench.store.snapshot.overview import overview_html, overview_text


def damaged(*values: bytes) -> pa.Table:
    rows = raw_records(0, len(values)).to_pylist()
    for row, value in zip(rows, values, strict=True):
        row["value"] = value
    return pa.Table.from_pylist(rows, schema=RECORD)


def test_a_whole_snapshot_has_no_notes(store, fill):
    assert snapshot_notes(store) == ()
    fill(raw_records(0, 6))
    assert snapshot_notes(store) == ()


def test_lost_offsets_are_named_with_their_reason(store, fill):
    fill(
        raw_records(0, 20).take([0, 1, 2, 3, 12, 13, 19]), gaps=(Gap("expired", 4, 12), Gap("unreadable batch", 18, 19))
    )
    assert snapshot_notes(store) == (
        "orders/0: offsets 4 to 11 could not be read: expired",
        "orders/0: offset 18 could not be read: unreadable batch",
    )


def test_damage_is_counted_by_topic_and_reason(store, fill):
    fill(damaged(b'{"a": 1', b'{"b": 1', b'{"fine": 1}'))
    [note] = snapshot_notes(store)
    assert note.startswith("2 records are damaged: orders 2 (")
    assert note.endswith("See events where damage is not null.")


def test_notes_of_captures_are_kept_in_the_file_and_replaced_by_their_ending(store, fill):
    fill(raw_records(0, 2))
    fill(raw_records(2, 4), capture_id="c2")
    with store.transaction() as cursor:
        add_note(cursor, "c1", "orders/0: an open transaction holds 3 offsets")
        replace_notes(cursor, ["a found nothing. Look.", "b found nothing. Look."], ending=". Look.")
    assert set(snapshot_notes(store)) == {
        "orders/0: an open transaction holds 3 offsets",
        "a found nothing. Look.",
        "b found nothing. Look.",
    }
    with store.transaction() as cursor:
        replace_notes(cursor, [], ending=". Look.")
    assert snapshot_notes(store) == ("orders/0: an open transaction holds 3 offsets",)


def test_hostile_and_many_notes_stay_harmless_and_few(store, fill):
    fill(raw_records(0, 1), topic="<b>\x1b")
    with store.transaction() as cursor:
        for number in range(3 * SHOWN):
            add_note(cursor, "c1", f"<img src=x>\x1b {number:03} {'x' * 9_000}")
    notes = snapshot_notes(store)
    assert len(notes) == SHOWN + 1
    assert notes[-1] == "20 more notes like these"
    assert max(map(len, notes)) < 600
    text, html = (write("S", store.ranges_table(), notes) for write in (overview_text, overview_html))
    assert "\x1b" not in text
    assert text.splitlines()[-1] == notes[-1]
    assert "<img" not in html
    assert html.count("<li>") == SHOWN + 1
