"""Invariants of the graph that any records give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from decoded_events import cause, event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from order_flow import rows_of
from traces import trace_of

from workbench.tracing.graph import build_graph
from workbench.tracing.selection import reached

if TYPE_CHECKING:
    from workbench.tracing.trace import Trace

ids = st.sampled_from(["a", "b", "c", "d", None])


values = st.sampled_from(["a", "b", "c", "d", "gone", "k", "t/0/1", "u/0/0"])


records = st.lists(
    st.fixed_dictionaries(
        {
            "event_id": ids,
            "t": st.integers(0, 6) | st.none(),
            "topic": st.sampled_from(["t", "u", "u.dlq"]),
            "correlation_id": st.sampled_from(["k", "m", None]),
            "event_type": st.sampled_from(["A", "B", None]),
            "source": st.sampled_from(["s", "r", None]),
            "id_scope": st.sampled_from(["global", "source"]),
            "link_ids": st.lists(st.sampled_from(["a", "k", "l"]), max_size=2),
            "root_id": st.sampled_from(["a", "b", None]),
            "replay": st.sampled_from([None, None, '{"id": "r"}']),
            "value": st.sampled_from([b"1", b"2"]),
            "problems": st.sampled_from([[], [], ["self_cause"]]),
            "causes": st.lists(
                st.builds(
                    cause,
                    values,
                    target=st.sampled_from(["event_id", "event_id", "correlation_id", "position", "span", "odd"]),
                    rank=st.integers(0, 2),
                ),
                max_size=3,
            ),
        },
    ),
    max_size=9,
)


def places(table: pa.Table) -> list[tuple[int, ...]]:
    columns = (table.column(name).to_pylist() for name in ("source_id", "partition", "offset"))
    return list(zip(*columns, strict=True))


def check_invariants(graph: Trace, table: pa.Table) -> None:
    events, edges = graph.frame, graph.edges
    assert graph.records == len(table)
    row = {place: row for row, place in zip(table.to_pylist(), places(table), strict=True)}
    canonical = [row[tuple(place)] for place in events[["source_id", "partition", "offset"]].to_numpy().tolist()]
    assert sum(graph.accounting.values()) == sum(len(one["causes"]) for one in canonical)
    silent = {place for place, one in row.items() if one["event_id"] is None}
    assert silent <= {tuple(place) for place in events[["source_id", "partition", "offset"]].to_numpy().tolist()}
    assert events["key"].is_unique
    assert not edges.duplicated(["cause", "effect"]).any()
    assert not (edges["cause"] == edges["effect"]).any()
    caused = edges[edges["kind"] != "hint"].groupby("effect").size()
    assert (events["kind"] == "inner").to_list() == events["key"].isin(caused.index).to_list()
    accounting = graph.accounting
    assert accounting.get("edge", 0) == (edges["kind"] == "explicit").sum()
    assert accounting.get("copy", 0) == (edges["kind"] == "copy").sum()
    assert accounting.get("unresolved", 0) == len(graph.unresolved)
    assert accounting.get("command", 0) == (events["kind"] == "command").sum()
    used = edges[edges["used"] & ~edges["layout_break"]]
    depth = dict(zip(events["key"], events["depth"], strict=True))
    assert all(depth[c] < depth[e] for c, e in used[["cause", "effect"]].to_numpy())
    within = {key for cycle in graph.cycles for key in cycle}
    assert set(edges.loc[edges["layout_break"], "effect"]) <= within
    below, above = (
        np.array([reached(graph.data, np.array([node]), backwards=side) for node in range(len(graph))])
        for side in (False, True)
    )
    assert np.array_equal(below, above.T)
    cyclic = events["key"].isin(within).to_numpy()
    assert np.array_equal(below.diagonal() if len(graph) else cyclic, cyclic)


@given(records)
@settings(max_examples=25, deadline=None)
def test_a_record_without_ids_adds_one_event_and_no_edge(rows):
    before, after = trace_of(event_table(rows)), trace_of(event_table([*rows, {"topic": "silent"}]))
    assert (len(after), len(after.edges)) == (len(before) + 1, len(before.edges))
    assert after.frame.set_index("key").loc["@silent/0/0", "kind"] == "unlinked"


@pytest.mark.timeout(180)
@given(records, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_any_records_in_any_order_give_one_graph_that_keeps_the_invariants(rows, random):
    table = event_table(rows)
    graph = trace_of(table)
    check_invariants(graph, table)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = trace_of(table.take(pa.array(order, pa.int64())))
    for name in ("frame", "edges", "unresolved", "copies", "virtual", "problems", "fragments"):
        assert getattr(graph, name).equals(getattr(shuffled, name)), name
    assert (graph.cycles, graph.accounting, repr(graph)) == (shuffled.cycles, shuffled.accounting, repr(shuffled))


def test_events_of_each_correlation():
    rows = rows_of([["a", 1, [], "k", "A", "x"], ["b", 2, [], None, "A", "x"], ["c", 3, [], "k", "A", "x"]])
    groups = build_graph(event_table(rows)).by_correlation
    assert (groups.starts.tolist(), groups.members.tolist()) == ([0, 2], [0, 2])
