"""Records as arrays: times by either clock."""

from __future__ import annotations

import pyarrow as pa
import pytest
from traces import graph_of

from workbench.tracing.graph import RANGES


def edges(graph, *columns: str):
    return graph.edges[["cause", "effect", *columns]].to_numpy().tolist()


def ranges(*rows: tuple[int, int, int, int]):
    names = ("source_id", "partition", "from", "next")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=RANGES)


def test_an_event_without_a_time_takes_part_in_structure_only():
    graph = graph_of(
        {"event_id": "timed", "t": 5, "cause_state": "root"},
        {"event_id": "untimed", "cause_state": "root"},
        {"event_id": "x", "t": 9, "causes": ["timed", "untimed"]},
        {"event_id": "lost", "causes": ["gone"]},
        ranges=ranges((0, 0, 3, 100)),
    )
    assert graph.frame.set_index("key").loc["x", "binding"] == "timed"
    assert graph.edges["hop_us"].isna().to_list() == [True, False]
    assert graph.unresolved["reason"].to_list() == ["missing"]
    assert "2 events without any time" in graph.provenance


def test_clocks():
    stamped = {"timestamp_type": 0, "timestamp_ms": 7}
    rows = [{"event_id": "a", "t": 1_000, **stamped}, {"event_id": "b", **stamped}]
    by_event, by_record = (graph_of(*rows, clock=clock) for clock in ("event", "record"))
    assert by_event.frame["t"].astype("int64").to_list() == [1_000, 7_000]
    assert by_record.frame["t"].astype("int64").to_list() == [7_000, 7_000]
    assert [int(found.data.fell_back.sum()) for found in (by_event, by_record)] == [1, 0]
    assert "record timestamp for 1 event without one" in by_event.provenance
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
