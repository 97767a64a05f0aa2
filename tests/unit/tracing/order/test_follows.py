"""Directly-follows graph: the vector of section 10, intervals, and pairs that no cause connects."""

from __future__ import annotations

import pytest
from decoded_events import event_table
from order_flow import scenario, trace_of_lists
from traces import trace_of

from workbench.tracing.order.follows import never_connected
from workbench.tracing.query import query

COUNTS = {"IS>SC": 1, "IS>SR": 1, "OP>PA": 1, "OP>SR": 3, "PA>IS": 3, "PF>OC": 1, "SR>PA": 2, "SR>PF": 1, "SR>SC": 1}
MEANS = {"IS>SC": 100.0, "IS>SR": 110.0, "OP>PA": 110.0, "OP>SR": 86.667, "PA>IS": 80.0, "PF>OC": 100.0}
ABOVE = '{{type = "{}"}} >> {{type = "{}"}}'
MEANS |= {"SR>PA": 50.0, "SR>PF": 310.0, "SR>SC": 400.0}


def test_the_vector_of_section_10():
    found = scenario().directly_follows()
    names = [f"{first}>{second}" for first, second in found.frame[["first", "second"]].to_numpy()]
    assert dict(zip(names, found.frame["n"], strict=True)) == COUNTS
    assert dict(zip(names, found.frame["mean_us"], strict=True)) == pytest.approx(MEANS, abs=5e-4)
    assert found.starts == {"OP": 4}
    assert found.ends == {"SC": 2, "IS": 1, "OC": 1}
    assert "order in time, no causes" in repr(found)
    apart = [pair for pair in names if not len(query(scenario().data, ABOVE.format(*pair.split(">"))))]
    assert sorted(apart) == ["IS>SC", "IS>SR", "SR>PA", "SR>PF"], "neighbours that no causal path connects"


def test_what_has_no_correlation_or_time_is_left_out_and_counted():
    trace = trace_of(event_table([{"event_id": "a", "t": 1}, {"event_id": "b", "correlation_id": "k"}]))
    found = trace.directly_follows()
    assert (len(found.frame), found.left_out) == (0, 2)
    assert "2 events without correlation or time left out" in repr(found)


def test_between_intervals_the_time_is_from_end_to_start():
    rows = [
        {"event_id": "a", "t": 0, "started": 0, "ended": 50, "correlation_id": "k", "event_type": "A"},
        {"event_id": "b", "t": 60, "started": 60, "ended": 70, "correlation_id": "k", "event_type": "B"},
        {"event_id": "c", "t": 65, "started": 65, "ended": 70, "correlation_id": "k", "event_type": "C"},
    ]
    assert trace_of(event_table(rows)).directly_follows().frame["mean_us"].to_list() == [10, 0]


@pytest.mark.parametrize(("linked", "found"), [(None, [["A", "B"]]), (7, [])])
def test_pairs_that_always_follow_and_never_by_a_cause(linked, found):
    rows = []
    for n in range(25):
        rows.append([f"a{n}", n * 100, [], f"k{n}", "A", ""])
        rows.append([f"b{n}", n * 100 + 5, [f"a{n}"] if n == linked else [], f"k{n}", "B", ""])
    assert never_connected(trace_of_lists(rows).data)[["first", "second"]].to_numpy().tolist() == found
