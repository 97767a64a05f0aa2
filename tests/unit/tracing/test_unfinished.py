"""Unfinished flows: the vectors of section 11, frozen rules, ends of captures by topic."""

from __future__ import annotations

import json

import pytest
from decoded_events import event_table
from order_flow import scenario, trace_of_lists
from traces import trace_of

from workbench.errors import TableError

LOOSE = {"min_n": 3, "min_share": 0.65, "min_alternative": 1}


def rules(found):
    return found.rule_frame[["event_type", "outcome", "mature", "wait_us"]].to_numpy().tolist()


def test_scenario_s_with_a_late_end():
    found = scenario().unfinished(end_us=9000, **LOOSE)
    assert rules(found) == [
        ["OP", "SR", 4, pytest.approx(293.7)], ["OP", "PA or PF", 4, 400],
        ["PA", "IS", 3, 80], ["PA", "SC", 3, pytest.approx(585.9)],
    ]  # fmt: skip
    assert found.rule_frame["share"].to_list() == pytest.approx([1, 1, 1, 2 / 3])
    assert found.rule_frame["unfinished"].to_list() == [0, 0, 0, 1]
    assert found.frame[["event", "event_type", "outcome"]].to_numpy().tolist() == [["d2", "PA", "SC"]]
    assert found.frame["age_us"].to_list() == [9000 - 3150]
    assert "missing after d2" in repr(found)


@pytest.mark.parametrize(
    ("wait_us", "said"), [(5_000, "within 5 ms;"), (-1_722_000, "by the clocks 1.722 s or more before it;")]
)
def test_an_outcome_that_is_dated_before_its_cause_says_so(wait_us, said):
    frozen = [{"event_type": "PA", "outcome": ["SC"], "share": 1, "wait_us": wait_us, "mature": 3}]
    assert f"PA → SC: share 1 of 3, {said}" in repr(scenario().unfinished(end_us=9_000_000, rules=json.dumps(frozen)))


def test_scenario_s_with_an_early_end():
    found = scenario().unfinished(end_us=3500, **LOOSE)
    assert [rule[:2] for rule in rules(found)] == [["OP", "SR"], ["OP", "PA or PF"], ["PA", "IS"]]
    assert found.rule_frame["unfinished"].to_list() == [0, 0, 0]
    assert found.frame.empty


def alternatives():
    rows = []
    for n in range(25):
        rows.append([f"p{n}", n * 1000, [], f"k{n}", "P", ""])
        kind = "X" if n < 20 else "Y"
        if n < 24:
            rows.append([f"e{n}", n * 1000 + 500, [f"p{n}"], f"k{n}", kind, ""])
    return trace_of_lists(rows)


def test_the_text_names_events_by_the_beginning_of_their_ids():
    first = "81e74ef5-e8e2-4d94-8ed9-04759531985d"
    flow = trace_of_lists([[first, 0, [], "k", "P", ""], ["q", 9, [], "k", "Q", ""]])
    rules = [{"event_type": "P", "outcome": ["Q"], "share": 1, "wait_us": 5, "mature": 1_234}]
    assert repr(flow.unfinished(end_us=10**6, rules=json.dumps(rules))).splitlines()[1] == (
        "  P → Q: share 1 of 1,234, within 5 µs; missing after 81e74ef5"
    )


def test_alternatives_are_one_outcome():
    found = alternatives().unfinished(end_us=10**6)
    assert rules(found) == [["P", "X or Y", 25, 500]]
    assert found.rule_frame[["share", "unfinished", "in_flight"]].to_numpy().tolist() == [[0.96, 1, 0]]
    assert found.frame["event"].to_list() == ["p24"]
    assert found.in_flight == {"P→X|Y": 0}
    assert alternatives().unfinished(end_us=10**6, min_alternative=9).rules == (), "X alone is 0.80: no rule"


def test_frozen_rules_find_what_now_affects_everyone():
    frozen = alternatives().unfinished(end_us=10**6).rules_json()
    now = trace_of_lists([[f"p{n}", n, [], f"k{n}", "P", ""] for n in range(3)])
    assert now.unfinished(end_us=10**6).rules == ()
    found = now.unfinished(end_us=10**6, rules=frozen)
    assert found.frame["event"].to_list() == ["p0", "p1", "p2"]
    assert now.unfinished(end_us=100, rules=frozen).in_flight == {"P→X|Y": 3}
    assert trace_of(event_table([])).unfinished(rules=frozen).frame.empty
    with pytest.raises(TableError, match="The rules cannot be read"):
        now.unfinished(rules="[{}]")
    with pytest.raises(TableError, match="The rules cannot be read"):
        now.unfinished(rules="{")


def test_the_capture_of_the_topics_of_the_effects_decides():
    rows = [{"event_id": f"a{n}", "t": n, "event_type": "A", "topic": "a"} for n in range(4)]
    rows += [{"event_id": f"b{n}", "t": n + 10, "event_type": "B", "topic": "b", "causes": [f"a{n}"]} for n in range(3)]
    trace = trace_of(event_table(rows))
    loose = {**LOOSE, "min_share": 0.7}
    assert trace.unfinished(end_us={"a": 9999, "b": 20}, **loose).frame["event"].to_list() == ["a3"]
    assert trace.unfinished(end_us={"a": 9999, "b": 5}, **loose).rules == ()
