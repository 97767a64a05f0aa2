"""The selected records that are on a target already are found again by spans of their offsets."""

from __future__ import annotations

import pytest
from replay_samples import row, table

from workbench.replay.target.present import rows_among

ROWS = table(*(row(at, partition=at % 2) for at in range(8)), row(3, topic="a/b", cluster="x/y"))


@pytest.mark.parametrize(
    ("present", "rows"),
    [
        ((), []),
        ((("demo/orders/0", 2, 4),), [2, 4]),
        ((("demo/orders/1", 0, 1), ("demo/orders/1", 5, 90)), [1, 5, 7]),
        ((("demo/orders/2", 0, 99), ("other/orders/0", 0, 99)), []),
        ((("x/y/a/b/0", 3, 3),), [8]),
    ],
)
def test_rows_in_spans(present, rows):
    assert rows_among(ROWS, present).tolist() == rows
