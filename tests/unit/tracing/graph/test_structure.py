"""The structure of small graphs: forests, fragments, events of cycles."""

from __future__ import annotations

from typing import Any

from traces import flow, graph_of


def test_the_two_forests_of_a_join():
    structure = graph_of(
        {"event_id": "a", "t": 1, "event_type": "Z"},
        {"event_id": "b", "t": 2, "event_type": "A"},
        {"event_id": "c", "t": 3, "event_type": "Z"},
        {"event_id": "d", "t": 4, "causes": ["a", "b", "c"]},
    ).data.structure
    assert structure.binding.tolist() == [-1, -1, -1, 2]
    assert structure.primary.tolist() == [-1, -1, -1, 1]
    assert structure.root.tolist() == [0, 1, 2, 2]
    assert structure.fragments == 1


def test_a_shared_cause_outside_the_snapshot_joins_a_fragment():
    assert flow().data.structure.fragment.tolist() == [0, 0, 0, 0, 1, 1]


def test_events_of_a_cycle_are_marked_and_the_shortest_hop_is_its_break():
    graph = graph_of(
        {"event_id": "a", "t": 1, "causes": ["c"]},
        {"event_id": "b", "t": 5, "causes": ["a"]},
        {"event_id": "c", "t": 7, "causes": ["b"]},
        {"event_id": "d", "t": 9, "causes": ["c"]},
    )
    assert graph.data.structure.in_cycle().tolist() == [True, True, True, False]
    assert graph.layout_breaks[["cause", "effect"]].to_numpy().tolist() == [["c", "a"]]
    assert graph.data.structure.depth.tolist() == [0, 1, 2, 3]


def test_ties_of_the_two_forests_go_to_the_largest_and_the_least_id():
    def forests(*causes: dict[str, Any]):
        graph = graph_of(*causes, {"event_id": "x", "t": 9, "causes": [row["event_id"] for row in causes]})
        (found,) = graph.frame.loc[graph.frame["key"] == "x", ["binding", "primary"]].to_numpy().tolist()
        return found

    same = {"t": 5, "event_type": "A", "source": "s"}
    assert forests({"event_id": "a", **same}, {"event_id": "b", **same}) == ["b", "a"]
    # The primary cause is the least by type, then source, then time: the latest one is another question.
    assert forests({"event_id": "a", **same, "event_type": "B"}, {"event_id": "b", **same}) == ["b", "b"]
    assert forests({"event_id": "a", **same, "source": "z"}, {"event_id": "b", **same}) == ["b", "b"]
    assert forests({"event_id": "a", **same}, {"event_id": "b", **same, "t": 4}) == ["a", "b"]
