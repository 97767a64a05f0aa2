"""Causes by rank and target, and roots."""

from __future__ import annotations

from decoded_events import cause
from traces import graph_of


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def kinds(graph):
    return dict(zip(graph.frame["key"], graph.frame["kind"], strict=True))


def test_the_lowest_rank_that_resolves_makes_the_edges():
    graph = graph_of(
        {"event_id": "a", "t": 1},
        {"event_id": "b", "t": 2},
        {"event_id": "c", "t": 3},
        {"event_id": "joined", "t": 9, "causes": ["a", "b", cause("c", rank=1)]},
        {"event_id": "second", "t": 9, "causes": ["gone", cause("c", rank=1), cause("also gone", rank=1)]},
        {"event_id": "agreeing", "t": 9, "causes": ["a", cause("a", rank=1, via="header")]},
    )
    assert edges(graph) == [["a", "agreeing"], ["a", "joined"], ["b", "joined"], ["c", "second"]]
    assert graph.problems.to_numpy().tolist() == [["joined", "cause_disagreement"]]
    assert graph.unresolved[["event", "value"]].to_numpy().tolist() == [["second", "also gone"]]
    assert graph.accounting == {"edge": 4, "other_rank": 2, "repeated": 1, "unresolved": 1}


def test_a_copy_link_of_a_higher_rank_stays_a_link_and_is_no_disagreement():
    graph = graph_of(
        {"event_id": "a", "t": 1},
        {"event_id": "orig", "t": 2, "topic": "orders", "offset": 3, "causes": ["a"]},
        {"event_id": "dlq", "t": 5, "topic": "d", "causes": ["a", cause("orders/0/3", target="position", rank=1)]},
    )
    assert edges(graph, "kind") == [["a", "orig", "explicit"], ["a", "dlq", "explicit"], ["orig", "dlq", "copy"]]
    assert len(graph.problems) == 0
    assert len(graph.descendants("a")) == 2


def test_a_root_id_without_a_cause_is_a_hint_that_no_algorithm_follows():
    graph = graph_of(
        {"event_id": "r", "t": 1, "cause_state": "root", "root_id": "r"},
        {"event_id": "x", "t": 2, "root_id": "r"},
        {"event_id": "y", "t": 3, "root_id": "r", "causes": ["x"]},
    )
    assert edges(graph, "kind", "used") == [["r", "x", "hint", False], ["x", "y", "explicit", True]]
    assert kinds(graph) == {"r": "origin", "x": "unlinked", "y": "inner"}
    assert len(graph.fragments) == 2


def test_a_root_id_can_name_another_flow_which_its_first_event_stands_for():
    rows = [
        {"event_id": "late", "t": 3, "correlation_id": "k1"},
        {"event_id": "first", "t": 1, "correlation_id": "k1", "cause_state": "root"},
        {"event_id": "x", "t": 5, "correlation_id": "k2", "cause_state": "root", "root_id": "k1"},
        {"event_id": "own", "t": 6, "correlation_id": "k2", "root_id": "k2"},
        {"event_id": "gone", "t": 7, "correlation_id": "k3", "root_id": "k9"},
        {"event_id": "nobody's", "t": 8, "root_id": "k2"},
        {"event_id": "caused", "t": 9, "root_id": "k1", "causes": ["x"]},
    ]
    assert edges(graph_of(*rows), "kind", "used") == [
        ["first", "x", "hint", False],
        ["x", "nobody's", "hint", False],
        ["x", "caused", "explicit", True],
    ]
    named = {"event_id": "k1", "t": 9}
    assert edges(graph_of(*rows, named), "kind")[-1] == ["x", "caused", "explicit"]
    assert ["k1", "x", "hint"] in edges(graph_of(*rows, named), "kind")
    flow = graph_of(*rows).select(correlation_id="k2")
    assert flow.outside.loc[flow.outside["kind"] == "hint", ["event", "neighbour"]].to_numpy().tolist() == [
        ["x", "first"],
        ["x", "nobody's"],
    ]


def test_roots_by_what_is_known():
    graph = graph_of(
        {"event_id": "origin", "cause_state": "root"},
        {"event_id": "self", "cause_state": "root", "problems": ["self_cause"]},
        {"event_id": "silent"},
        {"event_id": "orphan", "causes": ["gone"]},
        {"event_id": "command", "correlation_id": "k", "causes": ["k"]},
        {"event_id": "two causes", "correlation_id": "m", "causes": ["m", "gone too"]},
    )
    assert kinds(graph) == {
        "origin": "origin",
        "self": "self",
        "silent": "unlinked",
        "orphan": "orphan",
        "command": "command",
        "two causes": "orphan",
    }
    assert sorted(graph.roots["key"]) == ["command", "origin", "self"]
