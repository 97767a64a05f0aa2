"""Refused records in columns: named by reason, joined, and left out with the rules that refuse them."""

from __future__ import annotations

import numpy as np

from workbench.replay.rules.refused import LeftOut, RefusedRecords


def longs(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_the_first_reasons_are_named_and_the_others_counted():
    kinds = longs(5, 5, 2, 5, 5, 9, 1, 1)
    asked: list[int] = []

    def reason(seq: int) -> str:
        asked.append(seq)
        return f"is odd by {seq}"

    text = RefusedRecords(np.arange(10, 18), kinds, reason).text()
    first, *others = text.split("; ")
    assert first == "seq 10 is odd by 10, the same for seq 11, 13 and 1 more"
    assert others == ["seq 12 is odd by 12", "seq 15 is odd by 15 and 2 more."]
    assert asked == [10, 12, 15], "a reason is made for what is shown only"


def test_of_a_record_with_several_reasons_the_first_is_told():
    parts = [RefusedRecords.alike(longs(3, 7), "is late"), RefusedRecords.alike(longs(1, 3, 9), "is large")]
    joined = RefusedRecords.joined(parts)
    assert joined.seqs.tolist() == [1, 3, 7, 9]
    assert [joined.reason(seq) for seq in joined.seqs.tolist()] == ["is large", "is late", "is late", "is large"]
    assert joined.text() == "seq 1 is large, the same for seq 9; seq 3 is late, the same for seq 7."


def test_what_is_left_out_has_the_numbers_of_its_rules():
    found = LeftOut.of([("G-9", longs(1, 4)), ("G-17", longs(4, 5))])
    assert found.by_seq(6).to_pylist() == [None, "G-9", None, None, "G-9, G-17", "G-17"]
    assert len(LeftOut.of([])) == 0
    assert LeftOut.of([]).by_seq(2).to_pylist() == [None, None]
