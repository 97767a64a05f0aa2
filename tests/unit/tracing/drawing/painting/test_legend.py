from __future__ import annotations

import re

from workbench.tracing.drawing.painting.legend import badge_entries, drawn_badge, drawn_legend

ENTRIES = [
    ("node", "M0,0H10", "2 2", "root, names itself"),
    ("edge", "", "8 2", "caused, by spans"),
    ("failed", "", "", "failure"),
    ("", "", "", "colour: source"),
]


def test_entries_stand_side_by_side_in_as_many_rows_as_they_need() -> None:
    wide, low = drawn_legend(ENTRIES, 2_000)
    narrow, high = drawn_legend(ENTRIES, 200)
    assert (low, high) == (24, 96)
    assert wide.render().count("<text") == narrow.render().count("<text") == 4
    assert wide.render().count('fill="#d0504f"') == 1
    assert drawn_legend([], 500)[1] == 0


def test_failures_dead_letters_and_breaks_have_badges_of_different_shapes() -> None:
    badges = {kind: drawn_badge(kind, 10, -20).render() for kind in ("failed", "dead", "break")}
    assert len({re.sub(r'fill="[^"]*"', "", badge) for badge in badges.values()}) == 3
    assert all("translate(10,-20)" in badge for badge in badges.values())
    assert [text for *_, text in badge_entries(["dead", "failed", "dead"])] == ["failure", "dead letter"]
