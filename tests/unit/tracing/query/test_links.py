"""Links of structural queries that are no edges (docs/tracing.md 7.1): replays, and flows that an event started."""

from __future__ import annotations

import json

from decoded_events import event_table

from workbench.tracing.graph import build_graph
from workbench.tracing.query import query
from workbench.tracing.query.links import other_links


def links(rows):
    graph = build_graph(event_table(rows))
    return sorted(pair for pair in zip(*map(graph.keys, other_links(graph)), strict=True))


def replay(name, of=None, *, marks=None, **more):
    return {"event_id": name, "topic": "again", "replay": json.dumps(marks or {"of": of}), "t": 9, **more}


def test_a_replay_is_linked_to_the_record_that_it_names():
    original = [{"event_id": "x", "t": 0}, {"event_id": "a", "t": 1}, {"event_id": "b", "t": 2, "causes": ["a"]}]
    sent = [replay("new", "cluster-a/t/0/1"), {"event_id": "after", "t": 10, "causes": ["new"]}]
    assert links([*original, *sent]) == [("a", "new")]
    graph = build_graph(event_table([*original, *sent]))
    answers = {
        text: sorted(query(graph, text).graph.column("event_id").to_pylist())
        for text in ('{id = "a"} >> {}', '{id = "a"} ->> {}', '{id = "after"} <<- {}', '{id = "x"} ->> {}')
    }
    assert list(answers.values()) == [["b"], ["after", "b", "new"], ["a", "new"], []]


def test_a_position_counts_on_its_own_cluster_only_unless_that_is_unknown():
    twice = [{"event_id": "a", "t": 1}, {"event_id": "b", "cluster": "cluster-b", "t": 2}]
    assert links([*twice, replay("new", "cluster-b/t/0/0")]) == [("b", "new")]
    assert links([*twice, replay("new", "elsewhere/t/0/0")]) == []
    assert links([*twice, replay("new", "unknown/t/0/0")]) == [("a", "new"), ("b", "new")]


def test_the_position_of_a_copy_leads_to_its_event_and_a_replay_with_its_old_id_is_no_other_event():
    rows = [{"event_id": "a", "t": 1}, {"event_id": "a", "t": 1, "topic": "mirror"}]
    assert links([*rows, replay("new", "cluster-a/mirror/0/0")]) == [("a", "new")]
    assert links([*rows, replay("a", "cluster-a/t/0/0")]) == []


def test_a_replay_can_name_the_event_by_the_id_that_it_had():
    rows = [{"event_id": "a", "t": 1}]
    assert links([*rows, replay("new", marks={"original_event_id": "a", "of": "gone/t/0/7"})]) == [("a", "new")]
    assert links([*rows, replay("new", "a")]) == [("a", "new")]
    assert links([*rows, replay("new", marks={"original_event_id": "a", "of": "cluster-a/t/0/0"})]) == [("a", "new")]
    hostile = ['{"of": "a/b/c/d/e"}', "{}", '{"of": "c/t/0/99999999999999999999"}', '{"id": "a"}']
    assert links([*rows, *(replay(f"n{place}") | {"replay": text} for place, text in enumerate(hostile))]) == []


def test_an_event_is_linked_to_the_flow_that_bears_its_id():
    rows = [
        {"event_id": "first", "t": 0, "correlation_id": "k1"},
        {"event_id": "head", "t": 1, "correlation_id": "first", "cause_state": "root"},
        {"event_id": "next", "t": 2, "correlation_id": "first", "causes": ["head"]},
        {"event_id": "own", "t": 3, "correlation_id": "own", "cause_state": "root"},
        {"event_id": "alone", "t": 4},
    ]
    assert links(rows) == [("first", "head")]
    graph = build_graph(event_table(rows))
    assert sorted(query(graph, '{correlation = "k1"} ->> {}').graph.column("event_id").to_pylist()) == ["head", "next"]
    assert sorted(query(graph, '{id = "next"} <<- {}').graph.column("event_id").to_pylist()) == ["first", "head"]


def test_a_graph_without_events_has_no_links():
    assert links([]) == []
