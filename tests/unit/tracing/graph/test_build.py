"""The example of docs/tracing.md 2, as data with the graph that is expected."""

from __future__ import annotations

import functools
import json

import pyarrow as pa
import pytest
from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import trace_of

from workbench.tracing.graph import RANGES

VECTOR = json.loads("""
[["e1", 100, [], "k1", "A", "t"], ["e2", 110, ["e1"], "k1", "B", "t"], ["e2", 112, ["e1"], "k1", "B", "t.copy"], ["e3", 130, ["e1"], "k1", "C", "t"],
  ["e4", 150, ["e2", "e3"], "k1", "D", "t"], ["e5", 200, ["e5"], "k2", "A", "t"], ["e6", 190, ["e5"], "k2", "B", "t"], ["e7", 300, ["x9"], "k3", "B", "t"],
  ["e8", 310, ["x9"], "k3", "C", "t"], ["e9", 120, ["x1"], "k7", "B", "t"], ["e10", 900, ["x2"], "k8", "B", "t"], ["e11", 400, ["k4"], "k4", "A", "t"],
  ["e12", 500, ["e13"], "k5", "A", "t"], ["e13", 520, ["e12"], "k5", "B", "t"], ["e14", 530, ["e12"], "k5", "C", "t"], ["e15", 160, ["e4"], "k6", "E", "t"]]
""")  # noqa: E501 - as the reference writes it
EXPECTED = json.loads("""
{"roots": {"e1": "origin", "e5": "self", "e11": "command"},
 "edges": 9,
 "unresolved": [["e7", "x9", "external"], ["e8", "x9", "external"],
  ["e9", "x1", "truncated"], ["e10", "x2", "missing"]],
 "virtual": ["x9"],
 "copies": [["e2", "mirror"]],
 "cycles": [["e12", "e13"]],
 "layout_breaks": [["e13", "e12"]],
 "hop_bound": 40}
""")

CAPTURED = pa.Table.from_pylist([{"source_id": 0, "partition": 0, "from": 1000, "next": 1100}], schema=RANGES)
"""Captured from t = 100, the first record, at an offset above 0."""


def vector_table(*, removed_by_codec: bool = True) -> pa.Table:
    rows = []
    for place, (event_id, t, causes, flow, kind, topic) in enumerate(VECTOR):
        self_caused = removed_by_codec and causes == [event_id]
        rows.append(
            {
                "event_id": event_id,
                "t": t,
                "causes": [] if self_caused else causes,
                "cause_state": "root" if not causes or self_caused else "declared",
                "problems": ["self_cause"] if self_caused else [],
                "correlation_id": flow,
                "event_type": kind,
                "topic": topic,
                "source_id": 0 if topic == "t" else 1,
                "offset": 1000 + place,
                "value": f"value of {event_id}".encode(),
            },
        )
    return event_table(rows)


def facts(graph):
    unresolved = graph.unresolved
    return {
        "roots": dict(zip(graph.roots["key"], graph.roots["kind"], strict=True)),
        "edges": int(graph.edges["used"].sum()),
        "unresolved": sorted(unresolved[["event", "value", "reason"]].to_numpy().tolist(), key=lambda e: int(e[0][1:])),
        "virtual": sorted(set(graph.virtual["value"])),
        "copies": graph.copies[["event", "kind"]].to_numpy().tolist(),
        "cycles": [list(cycle) for cycle in graph.cycles],
        "layout_breaks": graph.layout_breaks[["cause", "effect"]].to_numpy().tolist(),
        "hop_bound": graph.data.provenance.hop_bound_us,
    }


@pytest.mark.parametrize("removed_by_codec", [True, False])
def test_the_vector_of_section_2_7(removed_by_codec):
    graph = trace_of(vector_table(removed_by_codec=removed_by_codec), CAPTURED)
    assert facts(graph) == EXPECTED


FRAMES = ("frame", "edges", "unresolved", "copies", "virtual", "problems", "fragments")


@functools.cache
def in_order():
    """The vector in its order: what the graph shows, made once for all examples."""
    graph = trace_of(vector_table(), CAPTURED)
    return {name: getattr(graph, name) for name in FRAMES}, repr(graph), graph.mermaid()


@given(st.permutations(range(len(VECTOR))))
@pytest.mark.timeout(180)
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_rows_makes_no_difference(order):
    shuffled = trace_of(vector_table().take(list(order)), CAPTURED)
    assert facts(shuffled) == EXPECTED
    frames, text, chart = in_order()
    for name in FRAMES:
        assert getattr(shuffled, name).equals(frames[name]), name
    assert (repr(shuffled), shuffled.mermaid()) == (text, chart)


def test_the_problems_that_section_14_reads_from_the_graph():
    graph = trace_of(vector_table(), CAPTURED)
    assert graph.problems.to_numpy().tolist() == [["e5", "self_cause"]]
    edges = graph.edges
    negative = edges[edges["hop_us"] < 0]
    assert negative[["cause", "effect"]].to_numpy().tolist() == [["e5", "e6"], ["e13", "e12"]]


def test_every_declared_cause_has_one_outcome():
    graph = trace_of(vector_table(removed_by_codec=False), CAPTURED)
    declared = sum(len(causes) for _, _, causes, *_ in VECTOR) - 1
    assert graph.accounting == {"command": 1, "edge": 9, "self": 1, "unresolved": 4}
    assert sum(graph.accounting.values()) == declared


def test_depth_forests_and_fragments_of_the_vector():
    events = trace_of(vector_table(), CAPTURED).frame.set_index("key")
    assert events["depth"].to_dict() == {
        "e1": 0, "e2": 1, "e3": 1, "e4": 2, "e15": 3, "e5": 0, "e6": 1, "e7": 0, "e8": 0, "e9": 0, "e10": 0, "e11": 0,
        "e12": 0, "e13": 1, "e14": 1,
    }  # fmt: skip
    assert events.loc["e4", "binding"] == "e3"
    assert events.loc["e4", "primary"] == "e2"
    assert events.loc["e15", "root"] == "e1"
    groups = events.groupby("fragment").groups.values()
    assert sorted(sorted(keys) for keys in groups) == [
        ["e1", "e15", "e2", "e3", "e4"], ["e10"], ["e11"], ["e12", "e13", "e14"], ["e5", "e6"], ["e7", "e8"], ["e9"],
    ]  # fmt: skip
