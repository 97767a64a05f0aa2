from __future__ import annotations

import pytest

from workbench.live.memory import MemoryBudget, fair_level


@pytest.mark.parametrize(
    ("sizes", "limit", "level"),
    [
        ([], 100, 0),
        ([30, 40], 100, 40),
        ([100, 100], 100, 50),
        ([10, 100, 100], 100, 45),
        ([10, 20, 300], 100, 70),
        ([50, 50], 100, 50),
    ],
)
def test_the_level_is_shared_fairly(sizes: list[int], limit: int, level: int) -> None:
    assert fair_level(sizes, limit) == level
    assert sum(min(size, level) for size in sizes) <= limit


class Holder:
    def __init__(self, held_bytes: int) -> None:
        self.held_bytes = held_bytes

    def trim(self, limit_bytes: int) -> None:
        self.held_bytes = min(self.held_bytes, limit_bytes)


def test_only_those_above_their_share_are_trimmed() -> None:
    budget = MemoryBudget(100)
    holders = [Holder(10), Holder(80), Holder(90)]
    for holder in holders:
        budget.join(holder)
    budget.settle()
    assert [holder.held_bytes for holder in holders] == [10, 45, 45]


def test_a_holder_that_left_or_was_forgotten_counts_no_more() -> None:
    budget = MemoryBudget(100)
    left, forgotten, stays = Holder(90), Holder(90), Holder(90)
    for holder in (left, forgotten, stays):
        budget.join(holder)
    budget.leave(left)
    del forgotten
    budget.settle()
    assert stays.held_bytes == 90
