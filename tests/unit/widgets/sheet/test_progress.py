from __future__ import annotations

import pytest

from workbench.model.feeds import PartProgress, Progress
from workbench.widgets.sheet.progress import progress_blocks


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (PartProgress("p", 0, None, 1_234, 5.0), "at 1,234, 5/s"),
        (PartProgress("p", 0, 10, 10, None), "at 10 of 10"),
        (PartProgress("p", 0, 100_000, 0, 10.0), "at 0 of 100,000, 10/s, 100,000 remaining, about 2 h 46 min"),
        (PartProgress("p", 0, 1_000, 0, 10.0), "at 0 of 1,000, 10/s, 1,000 remaining, about 1 min 40 s"),
    ],
)
def test_positions_in_words(part: PartProgress, words: str) -> None:
    (bars,) = progress_blocks(Progress("running", (part,)), "Partitions")
    assert bars.packed()["bars"][0][2] == words


def test_a_share_is_full_only_at_the_end() -> None:
    (bars,) = progress_blocks(Progress("running", (PartProgress("p", 0, 10_000, 9_999),)), "Partitions")
    assert "99.9%" in bars.text()
