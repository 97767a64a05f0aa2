"""Reasons are kept once each, and in the order of the records that have them."""

from __future__ import annotations

from workbench.replay.rewriting.reasons import Reasons


def test_reasons_by_row():
    reasons = Reasons()
    for row, text in ((7, "late"), (3, "large"), (5, "late")):
        reasons.add(row, text)
    rows, kinds = reasons.by_row()
    assert (rows.tolist(), kinds.tolist()) == ([3, 5, 7], [1, 0, 0])
    assert [reasons.text(row) for row in (3, 5, 7)] == ["large", "late", "late"]
    assert len(reasons) == 3


def test_of_many_different_reasons_the_first_thousand_are_kept():
    reasons = Reasons()
    for row in range(1_200):
        reasons.add(row, f"has {row}")
    assert reasons.text(999) == "has 999"
    assert reasons.text(1_000) == reasons.text(1_199) == "has one of many more reasons"
    assert len(set(reasons.by_row()[1].tolist())) == 1_001
