"""Causes that do not resolve: reasons, bounds, virtual events."""

from __future__ import annotations

import pyarrow as pa
import pytest
from traces import graph_of

from workbench.tracing.graph import RANGES


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def kinds(graph):
    return dict(zip(graph.frame["key"], graph.frame["kind"], strict=True))


def ranges(*rows: tuple[int, int, int, int]):
    names = ("source_id", "partition", "from", "next")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=RANGES)


def test_commands_that_share_a_correlation_share_a_virtual_node_and_a_fragment():
    graph = graph_of(
        {"event_id": "c1", "t": 1, "correlation_id": "k", "causes": ["k"]},
        {"event_id": "c2", "t": 2, "correlation_id": "k", "causes": ["k"]},
        {"event_id": "alone", "t": 3, "correlation_id": "m", "causes": ["m"]},
        {"event_id": "below", "t": 4, "correlation_id": "k", "causes": ["c2"]},
    )
    assert graph.virtual.to_numpy().tolist() == [["c1", "k"], ["c2", "k"]]
    assert graph.frame["fragment"].to_list() == [0, 0, 1, 0]
    assert len(graph.unresolved) == 0
    assert int(graph.edges["used"].sum()) == 1
    assert len(graph_of({"event_id": "one", "causes": ["gone"]}, single_virtual=True).virtual) == 1


def test_a_correlation_id_that_an_event_has_as_its_id_is_no_command():
    graph = graph_of(
        {"event_id": "k", "t": 1, "correlation_id": "k", "cause_state": "root"},
        {"event_id": "x", "t": 2, "correlation_id": "k", "causes": ["k"]},
    )
    assert edges(graph) == [["k", "x"]]
    assert kinds(graph) == {"k": "origin", "x": "inner"}


def hops(count, size, kind="B", topic="t", start=1_000_000):
    rows = []
    for i in range(count):
        at = start + i * 10_000
        rows += [
            {"event_id": f"{kind}{i}c", "t": at, "event_type": "A", "topic": topic, "cause_state": "root"},
            {"event_id": f"{kind}{i}", "t": at + size, "event_type": kind, "topic": topic, "causes": [f"{kind}{i}c"]},
        ]
    return rows


def test_the_hop_bound_is_that_of_the_type_where_there_are_enough_hops():
    lost = [{"event_id": f"lost{kind}", "t": 1_500, "event_type": kind, "causes": [f"x{kind}"]} for kind in "BC"]
    rows = [*hops(20, 100), *hops(5, 700, kind="C"), *lost]
    graph = graph_of(*rows, ranges=ranges((0, 0, 0, 100)))
    bounds = dict(zip(graph.unresolved["event"], graph.unresolved["hop_bound_us"], strict=True))
    assert bounds["lostB"] == 100
    assert bounds["lostC"] == pytest.approx(700)
    assert graph.data.provenance.hop_bound_us == pytest.approx(700)
    assert set(graph.unresolved["reason"]) == {"missing"}


def test_without_any_hop_the_bound_is_infinite_and_an_uncaptured_beginning_decides():
    row = {"event_id": "x", "t": 10**15, "offset": 5, "causes": ["gone"]}
    early = {"event_id": "first", "t": 1, "offset": 4}
    assert graph_of(early, row).unresolved["reason"].to_list() == ["missing"]
    cut = graph_of(early, row, ranges=ranges((0, 0, 4, 9)))
    assert cut.unresolved["reason"].to_list() == ["truncated"]
    assert cut.data.provenance.hop_bound_us == float("inf")
    whole = graph_of(early, row, ranges=ranges((0, 0, 0, 9)))
    assert whole.unresolved["reason"].to_list() == ["missing"]


def test_only_topics_that_hold_causes_of_the_type_count_where_they_are_known():
    rows = [
        *hops(2, 100, start=10_000),
        {"event_id": "late start", "t": 60_000, "topic": "other", "source_id": 1, "offset": 9},
        {"event_id": "known", "t": 60_010, "event_type": "B", "causes": ["gone"]},
        {"event_id": "unknown", "t": 60_010, "event_type": "Z", "causes": ["gone too"]},
    ]
    graph = graph_of(*rows, ranges=ranges((0, 0, 0, 100), (1, 0, 9, 10)))
    reasons = dict(zip(graph.unresolved["event"], graph.unresolved["reason"], strict=True))
    assert reasons == {"known": "missing", "unknown": "truncated"}


def test_raw_and_damaged_records_within_the_bound_stand_beside_the_reason():
    broken = {"convention": None, "format": "damaged", "topic": "raw", "timestamp_type": 0}
    graph = graph_of(
        *hops(1, 5_000, start=1_000_000),
        {**broken, "timestamp_ms": 1_999},
        {**broken, "timestamp_ms": 1_990, "format": "raw"},
        {**broken, "timestamp_ms": 1_999, "format": "json"},
        {**broken, "timestamp_ms": 1_999, "format": "raw", "convention": "generic_headers"},
        {"event_id": "x", "t": 2_000_000, "causes": ["gone"]},
    )
    assert graph.unresolved[["reason", "unread"]].to_numpy().tolist() == [["missing", 1]]
    assert "1 raw or damaged record within H" in repr(graph)
    assert "2 raw or damaged records in the snapshot" in graph.provenance


def test_a_bound_below_zero_counts_no_records():
    skewed = [{**row, "t": row["t"] - 900 * (row["event_type"] == "B")} for row in hops(20, 100)]
    broken = {"convention": None, "format": "raw", "topic": "raw", "timestamp_type": 0, "timestamp_ms": 2_000}
    graph = graph_of(*skewed, broken, {"event_id": "x", "t": 1_999_500, "event_type": "B", "causes": ["gone"]})
    assert graph.unresolved[["hop_bound_us", "unread"]].to_numpy().tolist() == [[-800, 0]]
