from __future__ import annotations

from snapshot_rows import raw_records

from workbench.model.records.chunk import Gap
from workbench.store.snapshot.overview import overview_html, overview_text


def test_a_new_snapshot_is_said_to_be_empty(store):
    assert overview_text("Snapshot a", store.ranges_table()) == "Snapshot a\nnothing captured yet"
    assert "nothing captured yet" in overview_html("Snapshot a", store.ranges_table())


def test_each_topic_is_a_row_of_sums(store, fill):
    fill(raw_records(0, 6))
    text = overview_text("Snapshot a", store.ranges_table())
    assert text.splitlines()[0] == "Snapshot a"
    assert text.splitlines()[-1].split()[:3] == ["orders", "1", "6"]


def test_what_is_missing_and_what_compaction_removed_are_counted_apart(store, fill):
    kept = [0, 1, 2, 3, 12, 13, 19]
    fill(raw_records(0, 20).take(kept), gaps=(Gap("expired", 4, 12),))
    text = overview_text("Snapshot a", store.ranges_table())
    assert text.splitlines()[1].split()[-3:] == ["missing", "compacted", "state"]
    assert text.splitlines()[-1].partition(" incomplete")[0].split()[-2:] == ["8", "5"]
    assert "8 offsets could not be read: expired" in text


def test_only_twenty_topics_are_shown_and_names_are_escaped(store, fill):
    for number in range(21):
        fill(raw_records(0, 1), topic=f"<b>{number}", capture_id=f"c{number}")
    assert overview_text("Snapshot a", store.ranges_table()).endswith("1 more topic")
    html = overview_html("Snapshot a", store.ranges_table())
    assert "<b>" not in html
    assert "21 topics" in html
