"""Comparison of populations: the vector of section 12, deciles, ids, absence."""

from __future__ import annotations

import json

from workbench.tracing.comparison.attributes import event_attributes
from workbench.tracing.comparison.populations import compare_populations

SELECTION = json.loads(
    '[{"region": "eu", "pod": "p1", "ver": "2"}, {"region": "eu", "pod": "p1", "ver": "2"},'
    ' {"region": "eu", "pod": "p2", "ver": "2"}, {"region": "us", "pod": "p1"}]'
)
BASELINE = json.loads(
    '[{"region": "eu", "pod": "p1", "ver": "1"}, {"region": "us", "pod": "p2", "ver": "1"},'
    ' {"region": "us", "pod": "p3", "ver": "1"}, {"region": "us", "pod": "p3", "ver": "2"},'
    ' {"region": "eu", "pod": "p2", "ver": "1"}]'
)


def test_the_vector_of_section_12():
    found = compare_populations(SELECTION, BASELINE)
    assert found.frame.to_numpy().tolist() == [
        ["ver", 0.8, "1", 0.0, 0.8], ["pod", 0.55, "p1", 0.75, 0.2], ["region", 0.35, "eu", 0.75, 0.4],
    ]  # fmt: skip
    assert "fewer than 20 rows on one side: the scores are weak" in repr(found)


def test_an_empty_text_is_a_value_that_can_be_seen():
    found = compare_populations([{"a": ""}] * 3, [{"a": "x"}] * 3)
    assert found.frame.to_numpy().tolist() == [["a", 1.0, "(empty)", 1.0, 0.0]]


def test_equal_and_empty_populations_say_so():
    same = compare_populations(SELECTION, SELECTION)
    assert repr(same).splitlines()[-1] == "  3 attributes with the same shares on both sides; .frame has all"
    assert same.frame["score"].to_list() == [0, 0, 0]
    assert repr(compare_populations([], [])).splitlines()[-1] == "  no attribute to compare by"


def test_numbers_become_deciles_and_ids_and_times_are_left_out():
    rows = [{"price": n, "id": f"x{n}", "at": 1_700_000_000_000 + n, "mine": 1, "kind": "a"} for n in range(100)]
    found = compare_populations(rows[:50], rows[50:], exclude=["mine"])
    ids = "ids: nearly every row has its own value"
    assert found.skipped == {"at": "times", "id": ids, "mine": "it defined the selection", "price": ids}
    assert found.frame["attribute"].to_list() == ["kind"]
    prices = [{"price": n % 40 + n / 1000} for n in range(100)]
    deciles = compare_populations(prices[:50], prices[50:])
    assert len(deciles.values) == 10
    assert deciles.frame["value"].iloc[0].count(" to ") == 1


def test_absence_is_a_value_and_rare_values_are_put_together():
    rows = [{"a": 1} if n % 2 else {} for n in range(40)]
    found = compare_populations(rows[::2], rows[1::2])
    assert found.frame.to_numpy().tolist() == [["a", 1.0, "(absent)", 1.0, 0.0]]
    many = [{"v": str(n // 2)} for n in range(400)]
    assert "(other)" in set(compare_populations(many[:200], many[200:]).values["value"])
    assert compare_populations([], []).frame.empty


def test_attributes_of_an_event():
    row = {
        "topic": "t",
        "partition": 3,
        "event_type": "A",
        "error": {"type": "Boom", "stage": None},
        "tombstone": False,
    }
    value = json.dumps({"a": {"b": {"c": {"d": 1, "e": {"f": 1}}}}, "tags": [1, 2], "n": None, "s": "x" * 999}).encode()
    found = event_attributes(row, [{"name": b"h", "value": b"\xff"}, {"name": b"n", "value": None}], value)
    assert found == {
        "topic": "t", "partition": 3, "event_type": "A", "tombstone": False, "error.type": "Boom", "header:h": "\\xff",
        "header:n": None, ".a.b.c.d": 1, ".tags.length": 2, ".s": "x" * 200,
    }  # fmt: skip
    assert event_attributes(row, [], b"[1]") == event_attributes(row, [], b"\xff")
