"""Findings: the vector of section 14, each rule on events made for it, exceptions, and what is not checked."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from decoded_events import cause, event_table
from event_forests import mixed
from order_flow import rows_of, scenario, trace_of_lists
from traces import trace_of

from workbench.errors import TableError
from workbench.tracing.findings.findings import RULES, find_all
from workbench.tracing.graph import beside, build_graph
from workbench.tracing.spans.columns import SPAN, SpanFile
from workbench.tracing.spans.graph import spans_graph
from workbench.tracing.trace import Trace

MINUTE = 60_000_000


def vector():
    """The example of section 2, as its own test builds it."""
    path = Path(__file__).parents[1] / "graph" / "test_build.py"
    spec = importlib.util.spec_from_file_location("vector_of_section_2", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return trace_of(module.vector_table(), module.CAPTURED)


def found_by(trace, rule, **options):
    evidence = trace.findings(**options).evidence
    mine = evidence[evidence["rule"] == rule]
    return [
        other + "→" + event if isinstance(other, str) else event for event, other in mine[["event", "other"]].to_numpy()
    ]


def test_the_vector_of_section_14():
    found = vector().findings()
    pairs = {rule: found_by(vector(), rule) for rule in found.frame["rule"]}
    assert pairs == {
        "missing_cause": ["e10"], "cycle": ["e12", "e13"], "correlation_break": ["e4→e15"],
        "negative_hop": ["e5→e6", "e13→e12"], "truncated_cause": ["e9"], "external_cause": ["e7", "e8"],
        "self_cause": ["e5"], "duplicate_mirror": ["e2"],
    }  # fmt: skip
    assert set(found.unchecked) >= {"environment_crossing", "negative_hop_same_clock", "clock_offset"}
    assert found.events("cycle") == ["e12", "e13"]
    assert repr(found).splitlines()[:3] == [
        "findings: error 2, warn 2, info 4 · the whole snapshot",
        "  error  missing_cause: 1 cause named by nobody else, not captured",
        "         B e10",
    ]
    assert "         D e4 → E e15\n" in repr(found)
    assert "not checked: " in repr(found)


def test_an_order_flow_without_faults_has_no_finding():
    assert scenario().findings().frame.empty
    assert repr(trace_of(event_table([])).findings()).startswith("findings: none · the whole snapshot")


def test_known_exceptions_are_counted_and_not_hidden():
    known = [{"rule": "external_cause", "condition": "event == 'e7'", "reason": "the old importer"}]
    found = vector().findings(known=known)
    row = found.frame.set_index("rule").loc["external_cause"]
    assert (row["n"], row["known"]) == (2, 1)
    assert "external_cause: 2 causes outside the snapshot, named by several events (1 known)" in repr(found)
    with pytest.raises(TableError, match="needs a rule of these and a reason"):
        vector().findings(known=[{"rule": "nonsense", "reason": "x"}])
    with pytest.raises(TableError, match="needs a rule of these and a reason"):
        vector().findings(known=["cycle"])
    with pytest.raises(TableError, match="cannot be evaluated"):
        vector().findings(known=[{"rule": "cycle", "reason": "x", "condition": "nope =="}])


def graph(*rows: dict[str, object]):
    return trace_of(event_table(rows))


def event(name, t, causes=(), **more):
    return {"event_id": name, "t": t, "causes": list(causes), "cause_state": "declared" if causes else "root", **more}


def chain(kinds, **more):
    return [event(f"e{n}", n * 10, [f"e{n - 1}"] if n else [], event_type=kind, **more) for n, kind in enumerate(kinds)]


SIMPLE = {
    "correlation_missing": ([event("a", 1, correlation_id="k"), event("b", 2, ["a"])], ["a→b"]),
    "several_roots": ([event("a", 1, correlation_id="k"), event("b", 2, correlation_id="k")], ["a", "b"]),
    "environment_crossing": ([event("a", 1, environment="dev"), event("b", 2, ["a"], environment="prod")], ["a→b"]),
    "tenant_crossing": ([event("a", 1, tenant="x"), event("b", 2, ["a"], tenant="y")], ["a→b"]),
    "principal_change": ([event("a", 1, principal="x"), event("b", 2, ["a"], principal="y")], ["a→b"]),
    "negative_hop_same_clock": ([event("a", 9, source="x"), event("b", 2, ["a"], source="x")], ["a→b"]),
    "clock_offset": ([event("a", 9, source="x"), event("b", 2, ["a"], source="y")], ["a→b"]),
    "clock_contradiction": (
        [event("a", 100, source="x"), event("b", 95, ["a"], source="y"), event("c", 90, ["b"], source="x")],
        ["a→b", "b→c"],
    ),
    "unlinked": ([{"event_id": "a", "t": 1}], ["a"]),
    "ping_pong": (
        [
            *chain("ABABABABA"),
            # Neighbours are not on one path.
            *(event(f"x{n}", 200 + n, ["e0"], event_type="A") for n in range(9)),
        ],
        ["e8"],
    ),
    "retry_storm": ([event("a", 0), *(event(f"b{n}", n, ["a"], event_type="R") for n in range(10))], ["a"]),
    "time_back": ([event("a", 9_000_000), event("b", 1)], ["b"]),
    "dead_end": ([event("a", 1, topic="in"), event("b", 2, ["a"], topic="out")], ["b"]),
    "id_collision": ([event("a", 1, value=b"1"), event("a", 2, value=b"2")], ["a@t/0/1"]),
    "duplicate_retry": ([event("a", 1, value=b"1"), event("a", 2, value=b"1")], ["a"]),
    "record_problem": ([event("a", 1, problems=["not_utf8"])], ["a"]),
    "duplicate_mirror": ([event("a", 1), event("a", 2, topic="t.copy")], ["a"]),
    "duplicate_repartitioned": ([event("a", 1), event("a", 2, partition=3)], ["a"]),
    "duplicate_handled": ([event("a", 1, destination="x"), event("a", 2, destination="y")], ["a"]),
    "duplicate_replay": ([event("a", 1), event("a", 2, replay='{"id": "r"}')], ["a"]),
    "duplicate_dead_letter": ([event("a", 1), event("a", 2, topic="t.dlq")], ["a"]),
    "cause_disagreement": ([event("a", 1), event("b", 2), event("c", 3, ["a", cause("b", rank=1)])], ["c"]),
    "ambiguous_cause": (
        [event("a", 1, value=b"1"), event("a", 2, value=b"2", offset=7), event("b", 3, ["a"])],
        ["a→b", "a@t/0/7→b"],
    ),
    "copy_disagrees": ([event("a", 1), event("b", 2), event("c", 3, ["a"]), event("c", 4, ["b"], topic="u")], ["c"]),
}


SEVERITIES = {
    "error": {
        "missing_cause", "cycle", "id_collision", "negative_hop_corrected", "negative_hop_same_clock",
        "environment_crossing", "tenant_crossing", "retry_storm",
    },
    "warn": {
        "cause_disagreement", "ambiguous_cause", "copy_disagrees", "correlation_break", "correlation_missing",
        "negative_hop", "clock_contradiction", "clock_drift", "skipped_ancestor", "unfinished", "late_hop",
        "fan_out_outlier", "ping_pong",
    },
    "info": {
        "truncated_cause", "external_cause", "unlinked", "self_cause", "duplicate_retry", "duplicate_mirror",
        "duplicate_repartitioned", "duplicate_handled", "duplicate_replay", "duplicate_dead_letter", "several_roots",
        "clock_offset", "principal_change", "time_back", "dead_end", "missing_instrumentation", "record_problem",
    },
}  # fmt: skip
"""The table of section 14. What the page calls by the names of record problems is one rule here, which names them."""


def test_the_rules_are_those_of_the_table_with_its_severities():
    found = {severity: {rule.name for rule in RULES if rule.severity == severity} for severity in SEVERITIES}
    assert found == SEVERITIES
    assert sum(map(len, found.values())) == len(RULES)


def test_more_than_two_replays_of_one_event_are_a_storm():
    replays = [event("a", 10 + n, replay='{"id": "r"}') for n in range(3)]
    assert found_by(graph(event("a", 1), *replays), "retry_storm") == ["a"]
    assert found_by(graph(event("a", 1), *replays[:2]), "retry_storm") == []


def test_a_finding_of_one_event_speaks_of_one():
    rows = [event("a", 9), event("b", 5, ["a"]), event("c", 4, ["a"]), event("d", 10, causes=["d"])]
    assert "negative_hop: 2 events earlier than their cause" in repr(trace_of(event_table(rows)).findings())
    one = repr(trace_of(event_table([*rows[:2], rows[3]])).findings())
    assert "negative_hop: 1 event earlier than its cause" in one
    assert "self_cause: 1 event naming itself as its cause" in one


def test_a_dead_end_says_which_groups_consume_its_topic():
    trace = trace_of(event_table([event("a", 1, topic="in"), event("b", 2, ["a"], topic="out")]))

    def said(groups):
        found = trace.findings(groups=groups)
        row = found.frame[found.frame["rule"] == "dead_end"].iloc[0]
        return row["message"].partition("no effect, ")[2], found.evidence["detail"].to_list()[-1]

    unknown = "the consumer groups are not known"
    assert said(None) == (unknown, f"no event of out has an effect; {unknown}")
    assert said({"in": ["x"]})[0] == "out: no recorded group consumes it"
    assert said({"out": ["bill", "mail"]})[0] == "out: consumed by bill, mail"
    assert said({"out": list("abcde")})[1] == "no event of out has an effect; consumed by a, b, c and 2 more"


def test_a_producer_span_without_a_consumer_below_is_a_dead_end():
    spans = [
        {"trace_id": "t", "span_id": name, "parent_id": parent, "links": [], "kind": kind, "start_us": 1, "end_us": 2}
        for name, parent, kind in (("p", None, "producer"), ("c", "p", "consumer"), ("q", "c", "producer"))
    ]
    file = SpanFile("table", pa.Table.from_pylist(spans, schema=SPAN))
    assert found_by(Trace(spans_graph([("x", file)])), "dead_end") == ["q"]


@pytest.mark.parametrize("rule", SIMPLE)
def test_a_rule_fires_on_events_made_for_it(rule):
    rows, expected = SIMPLE[rule]
    assert found_by(graph(*rows), rule) == expected


def test_a_hop_that_no_correction_can_mend_is_an_error():
    rows = [event("a", 100, source="x"), event("b", 95, ["a"], source="x"), event("c", 99, ["b"], source="y")]
    assert found_by(graph(*rows), "negative_hop_corrected") == ["a→b"]


def test_slow_hops_and_wide_fan_out_and_skipped_steps():
    late = [event(f"a{n}", n * 1000, event_type="A") for n in range(30)]
    late += [event(f"b{n}", n * 1000 + (900 if n == 7 else 10 + n % 3), [f"a{n}"], event_type="B") for n in range(30)]
    assert found_by(graph(*late), "late_hop") == ["a7→b7"]
    wide = [event(f"a{n}", n, event_type="A") for n in range(25)]
    wide += [
        event(f"b{n}.{i}", 99, [f"a{n}"], event_type="B") for n in range(25) for i in range(40 if n == 3 else 1 + n % 3)
    ]
    assert found_by(graph(*wide), "fan_out_outlier") == ["a3"]
    steps = []
    for n in range(40):
        steps += [event(f"a{n}", n, event_type="A"), event(f"b{n}", n + 1, [f"a{n}"], event_type="B")]
        steps += [event(f"c{n}", n + 2, [f"a{n}" if n == 5 else f"b{n}"], event_type="C")]
    assert found_by(graph(*steps), "skipped_ancestor") == ["a5→c5"]


def test_missing_effects_missing_instrumentation_and_drifting_clocks():
    rows = [event(f"a{n}", n * 100, correlation_id=f"k{n}", event_type="A", topic="x") for n in range(40)]
    rows += [event(f"b{n}", n * 100 + 5, correlation_id=f"k{n}", event_type="B", topic="y") for n in range(40)]
    assert len(found_by(graph(*rows), "missing_instrumentation")) == 1
    paid = [event(f"p{n}", n * 100, event_type="P") for n in range(40)]
    paid += [event(f"q{n}", n * 100 + 5, [f"p{n}"], event_type="Q") for n in range(40) if n != 3]
    assert found_by(graph(*paid), "unfinished") == ["p3"]
    assert "unfinished" in graph(*paid).select(event_id="p3").findings().unchecked
    pairs = [["A", 100, "B", 80], ["B", 100, "A", 121], ["A", 10_100, "B", 10_150], ["B", 10_100, "A", 10_060]]
    drift = []
    for n, (first, t, second, u) in enumerate(pairs):
        drift += [event(f"c{n}", t, source=first), event(f"e{n}", u, [f"c{n}"], source=second)]
    assert found_by(graph(*drift), "clock_drift") == ["c2→e2"]


def test_each_rule_has_its_query_and_its_evidence_has_positions():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.query and rule.says for rule in RULES)
    evidence = vector().findings().evidence
    assert evidence[["topic", "partition", "offset"]].notna().all().all()


def test_two_threads_find_what_one_finds(monkeypatch):
    expected = find_all(build_graph(mixed(3_000)))
    monkeypatch.setattr(beside, "LEAST_ROWS", 0)
    found = find_all(build_graph(mixed(3_000)))
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    pd.testing.assert_frame_equal(found.evidence, expected.evidence)
    assert found.unchecked == expected.unchecked


def test_permuting_the_events_changes_nothing():
    rows = rows_of([["a", 9, [], "k", "A", "x"], ["b", 1, ["a"], "k2", "B", "x"], ["c", 5, ["gone"], "k", "C", "y"]])
    for place, row in enumerate(rows):
        row["offset"] = place
    texts = {repr(trace_of(event_table(order)).findings()) for order in (rows, rows[::-1], rows[1:] + rows[:1])}
    assert len(texts) == 1
    assert trace_of_lists([]).findings().frame.empty
