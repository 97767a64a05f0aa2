"""The structure of small graphs: forests, fragments, events of cycles."""

from __future__ import annotations

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
