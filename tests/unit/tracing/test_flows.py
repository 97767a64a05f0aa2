"""Flows: each correlation id in one row, with the figures that its own trace gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from decoded_events import event_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traces import flow, trace_of

from workbench.tracing.flows import flows
from workbench.tracing.graph import build_graph
from workbench.tracing.graph.subgraph import subgraph

IDS = [f"e{n}" for n in range(8)]


def test_one_row_for_each_correlation_id_those_with_gaps_first():
    found = flows(flow().data)
    assert found.frame.drop(columns=["start", "finished"]).to_dict("records") == [
        {"correlation_id": "k3", "span_us": 10, "events": 2, "records": 2, "depth": 0, "roots": 0, "fragments": 2,
         "gaps": 2, "failures": 0},
        {"correlation_id": "k1", "span_us": 30, "events": 3, "records": 4, "depth": 2, "roots": 1, "fragments": 1,
         "gaps": 0, "failures": 0},
        {"correlation_id": "k2", "span_us": 0, "events": 1, "records": 1, "depth": 0, "roots": 0, "fragments": 1,
         "gaps": 0, "failures": 0},
    ]  # fmt: skip
    assert found.frame["start"].iloc[1] == pd.Timestamp("1970-01-01 00:00:00.000010", tz="UTC")
    assert "3 flows, 0 events without a correlation id" in repr(found)
    assert "k3" in found._repr_html_()


def test_dead_letters_are_failures_and_come_first():
    rows = [
        {"event_id": "a", "correlation_id": "ok", "t": 1},
        {"event_id": "b", "correlation_id": "bad", "t": 2},
        {"event_id": "b", "correlation_id": "bad", "t": 2, "topic": "t.dlq"},
        {"event_id": "c", "t": 3},
    ]
    found = flows(build_graph(event_table(rows)))
    assert found.frame[["correlation_id", "failures"]].to_numpy().tolist() == [["bad", 1], ["ok", 0]]
    assert found.without == 1


def order(number, *, paid):
    """An order at its own second and, 10 ms later, its payment."""
    t, flow = number * 1_000_000, f"k{number}"
    rows = [{"event_id": f"o{number}", "correlation_id": flow, "event_type": "Order", "t": t, "cause_state": "root"}]
    payment = {"event_id": f"p{number}", "correlation_id": flow, "event_type": "Payment", "t": t + 10_000}
    return [*rows, *([{**payment, "causes": [f"o{number}"]}] if paid else [])]


def test_a_flow_is_finished_once_its_events_have_the_outcomes_of_their_types():
    rows = [row for number in range(30) for row in order(number, paid=number not in (7, 29))]
    rows.append({"event_id": "x", "correlation_id": "other", "event_type": "Note", "t": 5})
    graph = build_graph(event_table(rows))
    found = flows(graph)
    finished = found.frame.set_index("correlation_id")["finished"]
    assert finished[finished == False].index.to_list() == ["k7"]  # noqa: E712 - NA is neither
    # The last order may still be paid, and of notes nothing is known.
    assert finished[finished.isna()].index.to_list() == ["other", "k29"]
    assert finished.sum() == 28
    row = next(line for line in repr(found).splitlines() if "k8" in line)
    assert row.split()[-1] == "yes"
    part = subgraph(graph, np.ones(len(graph), dtype=np.bool_), "a selection")
    assert flows(part).frame["finished"].isna().all()


@pytest.mark.parametrize("rows", [[], [{"event_id": "a"}], [{"correlation_id": "k"}]])
def test_without_ids_or_times_there_is_still_an_answer(rows):
    found = flows(build_graph(event_table(rows)))
    assert len(found) == sum("correlation_id" in row for row in rows)
    assert repr(found)
    assert found.frame["span_us"].isna().all()


event = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(IDS),
        "correlation_id": st.sampled_from(["k1", "k2", None]),
        "causes": st.lists(st.sampled_from([*IDS, "x"]), max_size=2),
        "t": st.integers(0, 20),
        "cause_state": st.sampled_from(["root", "declared"]),
    }
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(event, max_size=10, unique_by=lambda row: row["event_id"]))
def test_the_figures_are_those_of_each_trace(rows):
    trace = trace_of(event_table(rows))
    for row in flows(trace.data).frame.to_dict("records"):
        own = trace.select(correlation_id=row["correlation_id"])
        known = own.unresolved["reason"] != "outside_selection"
        assert row["events"] == len(own)
        assert row["records"] == own.records
        assert row["roots"] == len(own.roots)
        assert row["gaps"] == int(known.sum())
        if not own.cycles:
            assert row["depth"] == int(np.max(own.data.structure.depth))


@pytest.mark.parametrize(
    ("rows", "start"),
    [
        ([{"correlation_id": "k", "t": -62_135_596_800_000_001}], "-62,135,596,800,000,001 µs since 1970"),
        ([{"correlation_id": "k", "t": 253_402_300_799_999_999}], "9999-12-31 23:59:59.999999Z"),
        ([{"correlation_id": "k"}], ""),
    ],
)
def test_times_outside_the_calendar_are_shown_as_numbers(rows, start):
    assert repr(flows(trace_of(event_table(rows)).data)).splitlines()[-1].startswith(f"k               {start}")
