"""Causes by rank and target, roots, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from workbench.errors import TableError
from workbench.testing.events import cause, event_table
from workbench.tracing.graph import RANGES, build_graph

if TYPE_CHECKING:
    from collections.abc import Mapping


def graph_of(*rows: Mapping[str, Any], **options: Any):
    return build_graph(event_table(rows), **options)


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def kinds(graph):
    return dict(zip(graph.events["key"], graph.events["kind"], strict=True))


def ranges(*rows: tuple[int, int, int, int]):
    names = ("source_id", "partition", "from", "next")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=RANGES)


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


def test_spans_resolve_what_no_rank_resolves():
    trace = {"trace_id": "00", "span_id": "s1", "parent_span_id": None, "sampled": True, "via": "traceparent"}
    rows = [
        {"event_id": "a", "t": 1, "topic": "in", "offset": 4},
        {"event_id": "silent", "t": 2, "topic": "out", "trace": trace},
        {"event_id": "told", "t": 2, "topic": "out", "trace": trace, "causes": ["silent"]},
        {"event_id": "lost", "t": 2, "topic": "out", "trace": trace, "causes": ["gone"]},
    ]
    spans = pa.table({"span_id": ["s1", "s2"], "topic": ["in", "in"], "partition": [0, 0], "offset": [4, 4]})
    graph = graph_of(*rows, span_causes=spans)
    assert edges(graph, "kind", "used") == [
        ["a", "lost", "span", True],
        ["a", "silent", "span", True],
        ["silent", "told", "explicit", True],
    ]
    assert kinds(graph)["lost"] == "inner"
    assert graph.unresolved["value"].to_list() == ["gone"]
    assert graph_of(*rows).events.set_index("key").loc["silent", "kind"] == "unlinked"
    with pytest.raises(TableError, match="span_id"):
        graph_of(*rows, span_causes=spans.drop_columns("span_id"))


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


def test_commands_that_share_a_correlation_share_a_virtual_node_and_a_fragment():
    graph = graph_of(
        {"event_id": "c1", "t": 1, "correlation_id": "k", "causes": ["k"]},
        {"event_id": "c2", "t": 2, "correlation_id": "k", "causes": ["k"]},
        {"event_id": "alone", "t": 3, "correlation_id": "m", "causes": ["m"]},
        {"event_id": "below", "t": 4, "correlation_id": "k", "causes": ["c2"]},
    )
    assert graph.virtual.to_numpy().tolist() == [["c1", "k"], ["c2", "k"]]
    assert graph.events["fragment"].to_list() == [0, 0, 1, 0]
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
    assert graph.hop_bound_us == pytest.approx(700)
    assert set(graph.unresolved["reason"]) == {"missing"}


def test_without_any_hop_the_bound_is_infinite_and_an_uncaptured_beginning_decides():
    row = {"event_id": "x", "t": 10**15, "offset": 5, "causes": ["gone"]}
    early = {"event_id": "first", "t": 1, "offset": 4}
    assert graph_of(early, row).unresolved["reason"].to_list() == ["missing"]
    cut = graph_of(early, row, ranges=ranges((0, 0, 4, 9)))
    assert cut.unresolved["reason"].to_list() == ["truncated"]
    assert cut.hop_bound_us == float("inf")
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


def test_pieces_that_touch_are_one_and_a_hole_begins_anew():
    rows = [
        {"event_id": "a", "t": 100, "offset": 0},
        {"event_id": "b", "t": 200, "offset": 50},
        {"event_id": "h1", "t": 10, "offset": 60, "causes": []},
        {"event_id": "x", "t": 210, "offset": 70, "causes": ["gone"]},
        *hops(1, 30, start=5_000),
    ]
    touching = graph_of(*rows, ranges=ranges((0, 0, 0, 50), (0, 0, 50, 90)))
    assert touching.unresolved["reason"].to_list() == ["missing"]
    holed = graph_of(*rows, ranges=ranges((0, 0, 0, 40), (0, 0, 50, 90)))
    assert holed.unresolved["reason"].to_list() == ["truncated"]
    with pytest.raises(TableError, match="from"):
        graph_of(*rows, ranges=ranges((0, 0, 0, 40)).drop_columns("from"))


def test_undecodable_records_within_the_bound_stand_beside_the_reason():
    broken = {"convention": None, "problems": ["not_utf8"], "topic": "raw", "timestamp_type": 0}
    graph = graph_of(
        *hops(1, 5_000, start=1_000_000),
        {**broken, "timestamp_ms": 1_999},
        {**broken, "timestamp_ms": 1_990},
        {"topic": "raw", "convention": None, "timestamp_type": 0, "timestamp_ms": 1_999},
        {"event_id": "x", "t": 2_000_000, "causes": ["gone"]},
    )
    assert graph.unresolved[["reason", "undecodable"]].to_numpy().tolist() == [["missing", 1]]
    assert "1 undecodable record within H" in repr(graph)
    assert "2 records of the snapshot could not be decoded" in graph.provenance


def test_a_bound_below_zero_counts_no_records():
    skewed = [{**row, "t": row["t"] - 900 * (row["event_type"] == "B")} for row in hops(20, 100)]
    broken = {"convention": None, "problems": ["not_utf8"], "topic": "raw", "timestamp_type": 0, "timestamp_ms": 2_000}
    graph = graph_of(*skewed, broken, {"event_id": "x", "t": 1_999_500, "event_type": "B", "causes": ["gone"]})
    assert graph.unresolved[["hop_bound_us", "undecodable"]].to_numpy().tolist() == [[-800, 0]]


def test_an_event_without_a_time_takes_part_in_structure_only():
    graph = graph_of(
        {"event_id": "timed", "t": 5, "cause_state": "root"},
        {"event_id": "untimed", "cause_state": "root"},
        {"event_id": "x", "t": 9, "causes": ["timed", "untimed"]},
        {"event_id": "lost", "causes": ["gone"]},
        ranges=ranges((0, 0, 3, 100)),
    )
    assert graph.events.set_index("key").loc["x", "binding"] == "timed"
    assert graph.edges["hop_us"].isna().to_list() == [True, False]
    assert graph.unresolved["reason"].to_list() == ["missing"]
    assert "2 events without any time" in graph.provenance


def test_clocks():
    stamped = {"timestamp_type": 0, "timestamp_ms": 7}
    rows = [{"event_id": "a", "t": 1_000, **stamped}, {"event_id": "b", **stamped}]
    by_event, by_record = (graph_of(*rows, clock=clock) for clock in ("event", "record"))
    assert by_event.events["t"].astype("int64").to_list() == [1_000, 7_000]
    assert by_record.events["t"].astype("int64").to_list() == [7_000, 7_000]
    assert (by_event.fell_back, by_record.fell_back) == (1, 0)
    assert "record timestamp for 1 events without one" in by_event.provenance
    assert "clock: record timestamp" in by_record.provenance


@pytest.mark.parametrize("t", [-62_135_596_800_000_000, 253_402_300_799_999_999, 2**63 - 1, -(2**63) + 1])
def test_times_at_the_ends_of_the_calendar_and_beyond(t):
    graph = graph_of(
        {"event_id": "a", "t": t},
        {"event_id": "b", "t": 5, "causes": ["a"]},
        {"event_id": "stamp", "timestamp_ms": 2**63 - 1, "timestamp_type": 0},
    )
    assert edges(graph) == [["a", "b"]]
    assert repr(graph)
    known = abs(t) < 2**62
    assert graph.edges["hop_us"].to_list() == [5 - t] if known else graph.edges["hop_us"].isna().all()
