"""What a stimulus should lead to is told by types, with the groups that would make it."""

from __future__ import annotations

from workbench.replay.expected_effects import ExpectedEffects


def test_effects_by_types_with_their_makers_and_what_is_not_selected():
    told = ExpectedEffects((("order.placed", "order.paid", 0.975), ("order.placed", "\x1b[31m", 0.5)), outside=3, cut=1)
    assert told.lines(["billing", "mail"]) == [
        ("expected effects", "order.placed → order.paid 98%, order.placed → \\x1b[31m 50%"),
        ("made by", "billing, mail"),
        ("not selected", "3 effects of selected events; 1 cause of selected events"),
    ]
    assert told.lines([])[1] == ("made by", "no consumer group reads the target now")
    assert ExpectedEffects(()).lines(["g"]) == [
        ("expected effects", "none: events of these types had no effects in the snapshot")
    ]


def test_many_effects_are_counted():
    told = ExpectedEffects(tuple(("a", f"b{at}", 1.0) for at in range(11)))
    assert told.lines(["g"])[0][1].endswith("a → b7 100% and 3 more")
