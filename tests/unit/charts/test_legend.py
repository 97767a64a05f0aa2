from __future__ import annotations

from workbench.charts.legend import side_by_side
from workbench.text import element

ENTRIES = [(element("rect"), 18.0, "one <b>"), (None, 0.0, "two"), (element("rect"), 18.0, "x" * 80)]


def test_entries_stand_side_by_side_in_as_many_rows_as_they_need():
    (wide, low), (narrow, high) = (side_by_side(ENTRIES, width) for width in (2_000, 100))
    assert (low, high) == (24, 72)
    assert wide.render().count("<text") == narrow.render().count("<text") == 3
    assert wide.render().count("<rect") == 2
    assert "<b>" not in wide.render()


def test_no_entries_take_no_room():
    assert side_by_side([], 500)[1] == 0
