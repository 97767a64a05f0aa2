"""The graph in use: selections, text, invariants, size, real spans."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import UnknownEventError
from workbench.testing.events import cause, event_table
from workbench.tracing.graph import CausalGraph, build_graph

SPANS = Path(__file__).resolve().parents[5] / "shared/data/online-boutique-2022-08-22/spans.csv.gz"


def flow():
    return build_graph(
        event_table(
            [
                {"event_id": "a", "t": 10, "cause_state": "root", "correlation_id": "k1", "event_type": "A"},
                {"event_id": "b", "t": 20, "causes": ["a"], "correlation_id": "k1", "event_type": "B"},
                {"event_id": "b", "t": 21, "causes": ["a"], "correlation_id": "k1", "topic": "copies"},
                {"event_id": "c", "t": 30, "causes": ["b"], "correlation_id": "k2", "event_type": "C"},
                {"event_id": "d", "t": 40, "causes": ["b", "c"], "correlation_id": "k1", "event_type": "D"},
                {"event_id": "e", "t": 50, "causes": ["gone"], "correlation_id": "k3", "event_type": "E"},
                {"event_id": "f", "t": 60, "causes": ["gone"], "correlation_id": "k3", "event_type": "E"},
            ],
        ),
        provenance="cluster-a, 3 topics",
    )


def keys(graph):
    return graph.events["key"].to_list()


def test_a_trace_by_correlation_names_what_it_cuts():
    trace = flow().select(correlation_id="k1")
    assert keys(trace) == ["a", "b", "d"]
    assert trace.records == 4
    assert trace.unresolved[["event", "value", "reason"]].to_numpy().tolist() == [["d", "c", "outside_selection"]]
    assert trace.outside[["event", "direction", "neighbour", "correlation_id"]].to_numpy().tolist() == [
        ["b", "effect", "c", "k2"],
        ["d", "cause", "c", "k2"],
    ]
    assert trace.boundary() == (1, 1)
    assert trace.events["kind"].to_list() == ["origin", "inner", "inner"]
    other = flow().select(correlation_id="k2")
    assert other.events["kind"].to_list() == ["orphan"]
    assert "outside_selection cause b" in repr(other)


def test_a_trace_by_event_is_its_ancestors_and_descendants():
    graph = flow()
    assert keys(graph.select(event_id="c")) == ["a", "b", "c", "d"]
    assert keys(graph.ancestors("d")) == ["a", "b", "c"]
    assert keys(graph.descendants("b")) == ["c", "d"]
    assert len(graph.descendants("d")) == 0
    assert graph.descendants("b").boundary() == (2, 0)
    assert [p.offset for p in graph.descendants("a").positions()] == [1, 2, 3]
    assert [p.offset for p in graph.descendants("a").root_positions()] == [1]


def test_a_trace_by_fragment_keeps_what_a_virtual_node_joins():
    graph = flow()
    assert graph.fragments["events"].to_list() == [4, 2]
    trace = graph.select(fragment=1)
    assert keys(trace) == ["e", "f"]
    assert trace.virtual["value"].to_list() == ["gone", "gone"]
    assert trace.structure.fragments == 1


def test_a_selection_of_a_selection_remembers_all_it_cuts():
    trace = flow().select(correlation_id="k1").descendants("a")
    assert keys(trace) == ["b", "d"]
    assert trace.boundary() == (2, 1)
    assert sorted(trace.unresolved["value"]) == ["a", "c"]


def test_what_is_not_there_is_named_with_what_is_known_of_it():
    graph = flow()
    with pytest.raises(UnknownEventError, match="2 events name it as their cause"):
        graph.select(event_id="gone")
    with pytest.raises(UnknownEventError, match="correlation_id k9"):
        graph.select(correlation_id="k9")
    with pytest.raises(UnknownEventError, match="fragment 7"):
        graph.select(fragment=7)
    with pytest.raises(UnknownEventError, match="descendants of a has the id a"):
        graph.descendants("a").descendants("a")
    with pytest.raises(TypeError, match="exactly one"):
        graph.select(correlation_id="k1", event_id="a")


def test_repr_is_a_tree_with_everything_that_matters():
    assert repr(flow()).splitlines() == [
        "causal graph: 6 events (7 records) · 4 edges · 2 fragments · depth 3",
        "roots 1 (origin 1) · orphan 2 · unresolved causes 2 (external 2) · shared causes outside the snapshot 1",
        "copies 1 (mirror 1)",
        "cluster-a, 3 topics · the whole snapshot: 6 of 6 events · clock: event time",
        "A a  t/0@0  1970-01-01 00:00:00.000010Z  [origin]",
        "└─ B b  t/0@1  +10 µs  [mirror copies/0@0]",
        "   ├─ C c  t/0@2  +10 µs",
        "   └─ D d  t/0@3  +20 µs  also caused by c",
        "E e  t/0@4  1970-01-01 00:00:00.000050Z  [orphan; external cause gone]",
        "E f  t/0@5  1970-01-01 00:00:00.000060Z  [orphan; external cause gone]",
    ]


HOSTILE = '<img src=x onerror=alert(1)>"];\x1b[2J\u202e;%%{init}%%#`\n'


def test_hostile_text_is_shown_and_never_obeyed():
    long_id = "i" * 10_000
    table = event_table(
        [
            {"event_id": long_id, "t": 1, "event_type": HOSTILE, "source": HOSTILE, "correlation_id": HOSTILE},
            {"event_id": HOSTILE, "t": 2, "topic": HOSTILE, "causes": [long_id]},
            {"event_id": HOSTILE, "t": 3, "causes": [long_id]},
            {"event_id": "x", "t": 4, "causes": [HOSTILE, HOSTILE + "gone"]},
        ],
    )
    graph = build_graph(table, provenance=HOSTILE)
    for text in (repr(graph), graph.mermaid(), repr(graph.select(correlation_id=HOSTILE)), graph._repr_html_()):
        assert not set(text) & set("\x1b\u202e\u0007")
        assert max(map(len, text.splitlines())) < 700
    assert "(10,000 characters)" in repr(graph)
    assert r"\x1b[2J\u202e" in repr(graph)
    chart = graph.mermaid()
    assert not set(chart) & set("<>`&;") - set("<>;")
    assert "<img" not in chart
    assert "<img" not in graph._repr_html_()
    labels = [line.split('["')[1].removesuffix('"]') for line in chart.splitlines() if '["' in line]
    assert labels
    assert all(not set(label) & set('"[]{}|<>`&%') for label in labels)


def test_a_chart_is_bounded_and_counts_the_rest():
    chart = flow().mermaid(limit=2)
    assert chart.splitlines() == [
        "flowchart LR",
        '  n0["A / a / origin"]',
        '  n1["B / b / mirror copies/0@0"]',
        "  n0 --> n1",
        '  rest["4 more events"]',
    ]


def test_empty_and_single():
    empty = build_graph(event_table([]))
    assert len(empty) == 0
    assert "0 events (0 records)" in repr(empty)
    for name in ("events", "edges", "unresolved", "copies", "virtual", "problems", "outside", "fragments", "roots"):
        frame = getattr(empty, name)
        assert len(frame) == 0
        assert frame.dtypes.to_dict() == getattr(flow(), name).dtypes.to_dict(), name
    assert empty.positions() == ()
    one = build_graph(event_table([{"event_id": "a"}]))
    assert one.events["kind"].to_list() == ["unlinked"]
    assert "no time" in repr(one)


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


def check_invariants(graph: CausalGraph, table: pa.Table) -> None:
    events, edges = graph.events, graph.edges
    assert graph.records == len(table)
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
        np.array([graph._reached(np.array([node]), backwards=side) for node in range(len(graph))])
        for side in (False, True)
    )
    assert np.array_equal(below, above.T)
    cyclic = events["key"].isin(within).to_numpy()
    assert np.array_equal(below.diagonal() if len(graph) else cyclic, cyclic)


@pytest.mark.timeout(180)
@given(records, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_any_records_in_any_order_give_one_graph_that_keeps_the_invariants(rows, random):
    table = event_table(rows)
    graph = build_graph(table)
    check_invariants(graph, table)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = build_graph(table.take(pa.array(order, pa.int64())))
    for name in ("events", "edges", "unresolved", "copies", "virtual", "problems", "fragments"):
        assert getattr(graph, name).equals(getattr(shuffled, name)), name
    assert (graph.cycles, graph.accounting, repr(graph)) == (shuffled.cycles, shuffled.accounting, repr(shuffled))


def chain_table(count: int, causes_of: np.ndarray) -> pa.Table:
    """A table of ``count`` events, the cause of each given by number, -1 for none."""
    one = event_table([{"event_id": "e", "event_type": "A", "source": "s", "convention": "p", "cause_state": "root"}])
    table = pa.concat_tables([one.slice(0, 1)] * 1).take(pa.array(np.zeros(count, dtype=np.int64)))
    names = pa.array([f"e{i}" for i in range(count)])
    caused = np.flatnonzero(causes_of >= 0)
    entries = pa.StructArray.from_arrays(
        [
            pa.array(["event_id"] * len(caused)),
            names.take(pa.array(causes_of[caused])),
            pa.array(["via"] * len(caused)),
            pa.array(np.zeros(len(caused), dtype=np.int32)),
        ],
        fields=list(table.schema.field("causes").type.value_type),
    )
    starts = np.concatenate([[0], np.cumsum(causes_of >= 0)]).astype(np.int32)
    columns = {
        "event_id": names,
        "offset": pa.array(np.arange(count)),
        "event_time": pa.array(np.arange(count), pa.timestamp("us")),
        "causes": pa.ListArray.from_arrays(pa.array(starts), entries),
    }
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def test_a_chain_of_200_000_events():
    count = 200_000
    graph = build_graph(chain_table(count, np.arange(count) - 1))
    assert graph.structure.depth[-1] == count - 1
    assert graph.structure.fragments == 1
    assert set(graph.structure.root.tolist()) == {0}
    assert len(graph.descendants("e0")) == count - 1
    assert len(graph.ancestors("e199999")) == count - 1
    text = repr(graph)
    assert len(text.splitlines()) < 80
    assert "199,983 more events" in text


def test_a_chain_that_closes_on_itself():
    count = 50_000
    graph = build_graph(chain_table(count, np.roll(np.arange(count), 1)))
    assert len(graph.cycles) == 1
    assert len(graph.cycles[0]) == count
    assert graph.layout_breaks[["cause", "effect"]].to_numpy().tolist() == [["e49999", "e0"]]
    assert graph.structure.depth.max() == count - 1
    assert graph.events["kind"].unique().tolist() == ["inner"]


def test_a_fan_out_of_20_000_effects():
    causes_of = np.zeros(20_001, dtype=np.int64)
    causes_of[0] = -1
    graph = build_graph(chain_table(20_001, causes_of))
    assert graph.events["effects"].iloc[0] == 20_000
    assert "19,988 more effects like these" in repr(graph)
    assert len(graph.descendants("e0").fragments) == 20_000


def test_all_causes_missing():
    count = 5_000
    table = event_table(
        [{"event_id": f"e{i}", "t": i, "causes": [f"x{i}"], "correlation_id": "k"} for i in range(count)],
    )
    graph = build_graph(table)
    assert len(graph.roots) == 0
    assert len(graph.fragments) == count
    assert graph.unresolved["reason"].value_counts().to_dict() == {"missing": count}


@pytest.mark.skipif(not SPANS.exists(), reason="../shared/data/online-boutique-2022-08-22 is not here")
def test_the_spans_of_a_real_shop():
    with gzip.open(SPANS, "rt", newline="") as file:
        spans = list(csv.DictReader(file))
    rows = [
        {
            "event_id": span["SpanID"],
            "correlation_id": span["TraceID"],
            "causes": [] if span["ParentID"] == "root" else [span["ParentID"]],
            "cause_state": "root" if span["ParentID"] == "root" else "declared",
            "event_type": span["OperationName"],
            "source": span["PodName"],
            "t": int(span["StartTimeUnixNano"]) // 1000,
        }
        for span in spans
    ]
    graph = build_graph(event_table(rows))
    assert len(graph) == 5_321
    assert len(graph.unresolved) == 0
    assert graph.accounting == {"edge": 5_321 - 116}
    assert graph.structure.fragments == 116
    assert (graph.fragments["events"].min(), graph.fragments["events"].max()) == (1, 85)
    assert len(graph.roots) == 116
    assert graph.events["correlation_id"].nunique() == 116
    assert graph.events["event_type"].nunique() == 43
    assert graph.events["source"].nunique() == 10
    trace = graph.select(correlation_id=graph.fragments.sort_values("events")["first_event"].map(
        graph.events.set_index("key")["correlation_id"],
    ).iloc[-1])  # fmt: skip
    assert len(trace) == 85
    assert len(trace.outside) == 0
    assert len(trace.cycles) == 0
