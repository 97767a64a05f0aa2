"""The events that a cause value names."""

from __future__ import annotations

from typing import Any

import pytest
from decoded_events import cause
from traces import graph_of


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def kinds(graph):
    return dict(zip(graph.frame["key"], graph.frame["kind"], strict=True))


def test_a_second_id_resolves_an_event_id_where_no_event_has_it():
    graph = graph_of(
        {"event_id": "a", "t": 1, "link_ids": ["second-a", "b"]},
        {"event_id": "b", "t": 2},
        {"event_id": "x", "t": 3, "causes": ["second-a", "b"]},
    )
    assert edges(graph, "kind") == [["a", "x", "explicit"], ["b", "x", "explicit"]]


def test_correlation_targets_prefer_the_same_flow_and_then_the_past():
    def message(event_id: str, t: int, flow: str, **more: Any) -> dict[str, Any]:
        return {"event_id": event_id, "t": t, "correlation_id": flow, **more}

    link = {"link_ids": ["d1"]}
    named = {"causes": [cause("d1", target="correlation_id")]}
    graph = graph_of(
        message("other flow", 1, "k2", **link),
        message("early", 2, "k1", **link),
        message("late", 99, "k1", **link),
        message("x", 5, "k1", **named, **link),
        message("stranger", 5, "k9", **named),
    )
    assert edges(graph, "kind") == [
        ["other flow", "stranger", "ambiguous"],
        ["early", "stranger", "ambiguous"],
        ["x", "stranger", "ambiguous"],
        ["early", "x", "explicit"],
    ]


def test_a_position_is_a_copy_link_on_the_events_own_cluster_if_it_is_there():
    there = {"topic": "orders", "partition": 2, "offset": 17}
    named = {"causes": [cause("orders/2/17", target="position")]}
    graph = graph_of(
        {"event_id": "near", "t": 1, **there},
        {"event_id": "far", "t": 1, **there, "source_id": 9, "cluster": "cluster-b"},
        {"event_id": "dead", "t": 5, "topic": "orders.dlq", **named},
        {"event_id": "elsewhere", "t": 5, "cluster": "cluster-c", "source_id": 8, "topic": "q", **named},
        {"event_id": "bad", "t": 5, "causes": [cause("orders/2/many", target="position")]},
    )
    assert edges(graph, "kind", "used") == [
        ["near", "dead", "copy", False],
        ["far", "elsewhere", "ambiguous", False],
        ["near", "elsewhere", "ambiguous", False],
    ]
    assert kinds(graph)["dead"] == "inner"
    assert kinds(graph)["bad"] == "orphan"
    assert "copy of near" in repr(graph)


@pytest.mark.parametrize("written", ["orders/2/17", "orders/2@17"])
def test_a_cause_may_write_its_position_in_both_forms(written):
    graph = graph_of(
        {"event_id": "near", "t": 1, "topic": "orders", "partition": 2, "offset": 17},
        {"event_id": "dead", "t": 5, "topic": "orders.dlq", "causes": [cause(written, target="position")]},
    )
    assert edges(graph, "kind") == [["near", "dead", "copy"]]
