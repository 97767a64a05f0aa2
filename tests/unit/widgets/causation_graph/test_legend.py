from __future__ import annotations

from workbench.widgets.causation_graph.legend import drawn_legend, failure_badge

ENTRIES = [
    ("node", "M0,0H10", "2 2", "root, names itself"),
    ("edge", "", "8 2", "caused, by spans"),
    ("failed", "", "", "failure or dead letter"),
    ("", "", "", "colour: source"),
]


def test_entries_stand_side_by_side_in_as_many_rows_as_they_need() -> None:
    wide, low = drawn_legend(ENTRIES, 2_000)
    narrow, high = drawn_legend(ENTRIES, 200)
    assert (low, high) == (24, 96)
    assert wide.render().count("<text") == narrow.render().count("<text") == 4
    assert wide.render().count("<circle") == 1
    assert drawn_legend([], 500)[1] == 0


def test_a_failure_is_a_cross_in_a_circle_not_only_a_colour() -> None:
    badge = failure_badge(10, -20).render()
    assert "<circle" in badge
    assert "<path" in badge
    assert "translate(10,-20)" in badge
