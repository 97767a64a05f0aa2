"""Nodes and copies: keys, canonical records, kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from decoded_events import cause, event_table
from traces import trace_of

from workbench.errors import TableError
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.tracing.selection import find_events

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = {"topic": "t", "partition": 0, "offset": 0, "via": "spring_dlt"}


def graph_of(*rows: Mapping[str, Any], **options: Any):
    return trace_of(event_table(rows), **options)


def copies(graph):
    return graph.copies[["event", "kind"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("kind", "copy"),
    [
        ("replay", {"replay": '{"id": "r"}', "topic": "t.dlq", "origin": ORIGIN}),
        ("dead_letter", {"origin": ORIGIN, "value": b"other"}),
        ("dead_letter", {"topic": "t.dlq", "destination": "handler-b"}),
        ("handled", {"destination": "handler-b", "value": b"other"}),
        ("mirror", {"topic": "t.copy"}),
        ("mirror", {"cluster": "cluster-b", "source_id": 5}),
        ("repartitioned", {"partition": 3}),
        ("retry", {}),
    ],
)
def test_a_copy_gets_the_first_kind_that_fits(kind, copy):
    first = {"event_id": "e", "t": 10, "destination": "handler-a", "value": b"v"}
    graph = graph_of(first, {**first, "t": 20, **copy})
    assert copies(graph) == [["e", kind]]
    assert len(graph) == 1
    assert graph.records == 2
    assert graph.frame["copies"].to_list() == [1]


def test_the_canonical_record_is_least_by_class_time_topic_partition_offset():
    graph = graph_of(
        {"event_id": "e", "t": 1, "replay": '{"id": "r"}', "event_type": "replayed"},
        {"event_id": "e", "t": 2, "topic": "t-dlt", "event_type": "dead"},
        {"event_id": "e", "t": 4, "topic": "b", "event_type": "second"},
        {"event_id": "e", "t": 4, "topic": "a", "partition": 1, "event_type": "partition"},
        {"event_id": "e", "t": 4, "topic": "a", "event_type": "first"},
        {"event_id": "e", "t": 4, "topic": "a", "event_type": "offset"},
    )
    assert graph.frame["event_type"].to_list() == ["first"]
    assert sorted(graph.copies["kind"]) == ["dead_letter", "mirror", "repartitioned", "replay", "retry"]


def test_a_record_with_a_time_precedes_one_without():
    graph = graph_of({"event_id": "e", "event_type": "untimed"}, {"event_id": "e", "t": 4, "event_type": "timed"})
    assert graph.frame["event_type"].to_list() == ["timed"]


def test_a_collision_is_an_event_of_its_own_and_its_name_becomes_ambiguous():
    graph = graph_of(
        {"event_id": "e", "t": 10, "value": b'{"n": 1}'},
        {"event_id": "e", "t": 20, "value": b'{"n": 2}', "partition": 4, "offset": 7},
        {"event_id": "child", "t": 30, "causes": ["e"]},
    )
    assert graph.frame["key"].to_list() == ["e", "e@t/4/7", "child"]
    assert copies(graph) == [["e@t/4/7", "collision"]]
    assert graph.records == 3
    assert graph.frame["copies"].sum() == 0
    assert graph.problems.to_numpy().tolist() == [["e@t/4/7", "id_collision"]]
    assert graph.edges[["cause", "effect", "kind", "used"]].to_numpy().tolist() == [
        ["e", "child", "ambiguous", False],
        ["e@t/4/7", "child", "ambiguous", False],
    ]
    assert graph.frame["kind"].to_list() == ["unlinked", "unlinked", "inner"]
    assert "perhaps caused by one of e, t/4@7" in repr(graph)
    assert "e at t/4@7" in repr(graph)
    assert graph.select(event_id="t/4@7").frame["key"].to_list() == ["e@t/4/7"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"a": 1, "b": [1.10, "x"]}', b'{"b":[1.1,"x"],"a":1}', True),
        (b'{"a": 1}', b'{"a": true}', False),
        (b'{"a": 12345678901234567890}', b'{"a": 12345678901234567891}', False),
        (b'{"a": [1, 2]}', b'{"a": [2, 1]}', False),
        (b"not json", b"not json either", False),
        (b"\xff", b"\xff\xff", False),
        (None, b"", False),
        (None, None, True),
        (b'{"a": 1}', None, False),
        (b"[" * 100_000, b"[" * 100_000 + b"]", False),
        (b'{"a": ' + b"9" * 6000 + b"}", b'{ "a": ' + b"9" * 6000 + b"}", True),
    ],
)
def test_values_are_compared_as_bytes_and_as_json(one, other, same):
    graph = graph_of({"event_id": "e", "t": 1, "value": one}, {"event_id": "e", "t": 2, "value": other})
    assert copies(graph) == ([["e", "retry"]] if same else [["e@t/0/1", "collision"]])


def test_without_values_no_collision_is_claimed():
    table = event_table([{"event_id": "e", "t": 1, "value": b"1"}, {"event_id": "e", "t": 2, "value": b"2"}])
    assert copies(trace_of(table.drop_columns("value"))) == [["e", "retry"]]


def test_records_without_an_id_are_named_by_position_and_never_merged():
    graph = graph_of(
        {"topic": "a", "offset": 5},
        {"topic": "a", "offset": 5, "source_id": 7, "cluster": "cluster-b"},
        {"topic": "a", "offset": 6, "event_id": "@a/0/5"},
    )
    assert sorted(graph.frame["key"]) == ["@a/0/5", "@a/0/5#0", "@a/0/5#7"]
    assert graph.records == 3
    assert len(graph.edges) == 0
    assert graph.frame["kind"].to_list() == ["unlinked"] * 3


def test_ids_of_scope_source_are_unique_together_with_their_source():
    graph = graph_of(
        {"event_id": "1", "id_scope": "source", "source": "shop", "t": 1},
        {"event_id": "1", "id_scope": "source", "source": "pay", "t": 2},
        {"event_id": "1", "id_scope": "source", "source": "pay", "t": 3, "topic": "m"},
        {"event_id": "x", "t": 9, "causes": ["1"]},
    )
    assert graph.frame["key"].to_list() == ["shop\x1f1", "pay\x1f1", "x"]
    assert copies(graph) == [["pay\x1f1", "mirror"]]
    assert set(graph.edges["kind"]) == {"ambiguous"}
    assert len(find_events(graph.data, "1")) == 2


def test_a_dead_letter_with_the_same_id_is_a_copy_and_not_an_edge():
    graph = graph_of(
        {"event_id": "root", "t": 1, "cause_state": "root"},
        {"event_id": "e", "t": 10, "causes": ["root"], "offset": 42, "topic": "orders"},
        {
            "event_id": "e",
            "t": 20,
            "topic": "orders.dlq",
            "origin": {"topic": "orders", "partition": 0, "offset": 42},
            "causes": ["root", cause("orders/0/42", target="position", rank=1)],
        },
    )
    assert copies(graph) == [["e", "dead_letter"]]
    assert graph.edges[["cause", "effect"]].to_numpy().tolist() == [["root", "e"]]
    assert len(graph.problems) == 0


def test_a_position_inside_the_same_node_declares_nothing():
    graph = graph_of(
        {"event_id": "e", "t": 10, "origin": ORIGIN, "causes": [cause("t/0/1", target="position")]},
        {"event_id": "e", "t": 20, "origin": ORIGIN},
    )
    assert graph.accounting == {"same_node": 1}
    assert len(graph.unresolved) == 0
    assert graph.frame["kind"].to_list() == ["unlinked"]


def test_a_copy_that_declares_other_causes_is_reported():
    base = {"event_id": "e", "causes": ["a"]}
    graph = graph_of(
        {"event_id": "a", "t": 1},
        {"event_id": "b", "t": 1},
        {**base, "t": 5},
        {**base, "t": 6, "topic": "same"},
        {**base, "t": 7, "topic": "silent", "causes": []},
        {**base, "t": 8, "topic": "other", "causes": ["b"]},
        {**base, "t": 9, "topic": "more", "causes": ["a", "b"]},
    )
    assert graph.copies.set_index("topic")["disagrees"].to_dict() == {
        "same": False,
        "silent": False,
        "other": True,
        "more": True,
    }
    assert graph.problems.to_numpy().tolist() == [["e", "copy_disagrees"]]
    assert graph.edges["cause"].to_list() == ["a"]


@pytest.mark.parametrize(
    ("topic", "dead"),
    [
        ("onex.dlq.omnibase-infra.intents.v1", True),
        ("Team_A.dlq.events.v1", True),
        ("orders.dlq", True),
        ("orders-dlq", True),
        ("orders-dlt", True),
        ("orders.DLT", True),
        ("dlq-events", True),
        ("onex.dev.dead_letter_queue", True),
        ("orders", False),
        ("onex.evt.platform.dlq-message.v1", False),
        ("handled", False),
    ],
)
def test_dead_letter_topics_are_known_by_the_usual_names(topic, dead):
    assert is_dead_letter_topic(topic) is dead


def test_a_repeated_position_and_a_missing_column_are_refused():
    with pytest.raises(TableError, match="repeat a position"):
        graph_of({"offset": 3}, {"offset": 3})
    with pytest.raises(TableError, match="lacks causes") as caught:
        trace_of(event_table([]).drop_columns("causes"))
    assert caught.value.columns == ["causes"]
    with pytest.raises(TableError, match="no clock"):
        trace_of(event_table([]), clock="wall")


@pytest.mark.parametrize("copy", ["delayed-retry.shop.orders", "a", "shop.orders.retry"])
def test_the_record_time_tells_the_original_before_the_name_does(copy):
    stamped = {"event_id": "e", "t": 4, "timestamp_type": 0}
    graph = graph_of(
        {**stamped, "topic": copy, "timestamp_ms": 2_500, "event_type": "copy"},
        {**stamped, "topic": "shop.orders", "timestamp_ms": 1_000, "event_type": "original"},
    )
    assert graph.frame["event_type"].to_list() == ["original"]
    assert graph.copies["kind"].to_list() == ["mirror"]


def test_a_copy_without_a_record_time_is_not_the_original():
    stamped = {"event_id": "e", "t": 4, "timestamp_type": 0}
    graph = graph_of(
        {**stamped, "topic": "a", "timestamp_ms": -1, "event_type": "copy"},
        {**stamped, "topic": "b", "timestamp_ms": 1_000, "event_type": "original"},
    )
    assert graph.frame["event_type"].to_list() == ["original"]
