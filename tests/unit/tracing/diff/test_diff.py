"""Diff: the tables of section 8, payloads, and a set against itself."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from order_flow import S, rows_of, scenario, trace_of_lists
from traces import trace_of

from workbench.errors import UnknownEventError
from workbench.tracing.diff.diff import trace_diff
from workbench.tracing.sides import side_of

# key, a, b, status, change, hop a, hop b, delta
K1_K3 = [
    ["OP", 1, 1, "same", 0, None, None, None],
    ["OP/PA", 1, 1, "same", 0, 120, 110, -10],
    ["OP/PA/IS$", 1, 1, "same", 0, 80, 80, 0],
    ["OP/PA/SC{SR}$", 1, 1, "same", 0, 180, 400, 220],
    ["OP/SR", 1, 1, "same", 0, 80, 300, 220],
]
K1_K2 = [
    ["OP", 1, 1, "same", 0, None, None, None],
    ["OP/PA", 1, 0, "removed", -1, 120, None, None],
    ["OP/PA/IS$", 1, 0, "removed", -1, 80, None, None],
    ["OP/PA/SC{SR}$", 1, 0, "removed", -1, 180, None, None],
    ["OP/PF", 0, 1, "added", 1, None, 400, None],
    ["OP/PF/OC$", 0, 1, "added", 1, None, 100, None],
    ["OP/SR", 1, 0, "became_leaf", -1, 80, None, None],
    ["OP/SR$", 0, 1, "became_leaf", 1, None, 90, None],
]
SETS = [
    ["OP", 1, 1, "same", 0, None, None, None],
    ["OP/PA", 1, 0.5, "less", -0.5, 115, 150, 35],
    ["OP/PA/IS$", 1, 0.5, "less", -0.5, 80, 80, 0],
    ["OP/PA/SC{SR}$", 1, 0, "removed", -1, 290, None, None],
    ["OP/PF", 0, 0.5, "added", 1, None, 400, None],
    ["OP/PF/OC$", 0, 0.5, "added", 1, None, 100, None],
    ["OP/SR", 1, 0, "became_leaf", -1, 190, None, None],
    ["OP/SR$", 0, 1, "became_leaf", 1, None, 90, None],
]


def table(found):
    columns = ["key", "a", "b", "status", "change", "hop_a_us", "hop_b_us", "delta_us"]
    return found.frame[columns].astype(object).where(found.frame[columns].notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("a", "b", "expected"), [("k1", "k3", K1_K3), ("k1", "k2", K1_K2), (["k1", "k3"], ["k2", "k4"], SETS)]
)
def test_the_tables_of_section_8(a, b, expected):
    whole = scenario()
    assert table(trace_diff(side_of(whole, a), side_of(whole, b))) == expected


def test_hops_stand_beside_their_difference():
    found = scenario("k1").select(correlation_id="k1").diff(scenario("k3").select(correlation_id="k3"))
    by_key = found.frame.set_index("key")
    assert by_key.loc["OP/PA/SC{SR}$", ["hop_a_us", "hop_b_us"]].to_list() == [180, 400]
    assert found.same
    assert repr(found).splitlines()[1:-1] == [
        "  OP",
        "    PA         faster 120 µs → 110 µs",
        "      SC{SR}$  slower 180 µs → 400 µs",
        "    SR         slower 80 µs → 300 µs",
        "  $: nothing came of it",
    ]
    sets = scenario("k1", "k3").diff(scenario("k2", "k4"))
    assert sets.traces == (2, 2)
    assert not sets.frame["slower_or_faster"].any(), "two hops on a side are too few"
    assert repr(sets).splitlines()[2:6] == [
        "    PA         less 1 → 0.5",
        "      IS$      less 1 → 0.5",
        "-     SC{SR}$  removed 1 → 0",
        "+   PF         added 0 → 0.5",
    ]
    assert "-   SR         became leaf 1 → 0\n+   SR$        became leaf 0 → 1" in repr(sets)
    assert repr(sets).endswith("payloads: not compared, there are no values")


def test_rows_lead_to_their_events_on_either_side():
    whole = scenario()
    found = trace_diff(side_of(whole, "k1"), side_of(whole, "k2"))
    events = found.events()
    assert events[["key", "side", "event"]].to_numpy().tolist() == [
        ["OP/SR", "a", "a3"], ["OP/PA", "a", "a2"], ["OP/PA/IS$", "a", "a5"], ["OP/PA/SC{SR}$", "a", "a4"],
        ["OP/SR$", "b", "b3"], ["OP/PF", "b", "b2"], ["OP/PF/OC$", "b", "b4"],
    ]  # fmt: skip
    assert {"source_id", "topic", "partition", "offset"} < set(events.columns)
    same = found.events(["OP"])
    assert same[["side", "event"]].to_numpy().tolist() == [["a", "a1"], ["b", "b1"]]
    assert sorted(len(node.positions) for node in found.views().view().nodes) == [1] * 7 + [2]


def test_the_leaf_marker_keeps_apart_what_led_to_something():
    events = [["1", 0, [], "k", "A"], ["2", 1, ["1"], "k", "B"], ["3", 2, ["2"], "k", "C"], ["4", 3, ["1"], "k", "B"]]
    events += [["5", 4, ["1"], "k", "D"], ["6", 5, ["5"], "k", "C"]]
    trace = trace_of_lists(events)
    keys = trace.diff(trace).frame["key"].to_list()
    assert keys == ["A", "A/B", "A/B$", "A/B/C$", "A/D", "A/D/C$"]


def test_keys_are_structured_whatever_stands_in_types():
    one = trace_of_lists([["1", 0, [], "k", "A/B"]])
    two = trace_of_lists([["1", 0, [], "k", "A"], ["2", 1, ["1"], "k", "B"]])
    found = one.diff(two)
    assert found.frame["status"].to_list() == ["added", "removed", "added"]
    assert [[step.label for step in key] for key in found.keys] == [[("A",)], [("A/B",)], [("A",), ("B",)]]


def test_the_source_can_be_part_of_the_label():
    one = trace_of_lists([["1", 0, [], "k", "A", "x"]])
    two = trace_of_lists([["1", 0, [], "k", "A", "y"]])
    assert one.diff(two).same
    found = one.diff(two, label=("source", "event_type"))
    assert found.frame["key"].to_list() == ["x:A$", "y:A$"]


def test_a_side_that_is_not_there():
    with pytest.raises(UnknownEventError, match="There is no correlation k9"):
        side_of(scenario(), ["k1", "k9"])
    with pytest.raises(UnknownEventError, match="a list of them, or a trace; not an empty list"):
        side_of(scenario(), [])
    for side in (5, [5], None, [None], scenario().data):
        with pytest.raises(UnknownEventError, match="A side of a diff is a correlation id, a list of them, or a trace"):
            side_of(scenario(), side)
    with pytest.raises(UnknownEventError, match=r"has correlation_id \(an empty text\)"):
        side_of(scenario(), "")
    empty = trace_of(event_table([]))
    assert empty.diff(empty).same


def test_events_without_a_correlation_are_in_no_trace_of_a_set_and_counted():
    silent = with_payloads([b"1"] * 5, correlation=None)
    assert repr(silent.diff(silent)).splitlines() == [
        "diff: a the whole snapshot (0 traces), b the whole snapshot (0 traces): 0 of 0 keys the same",
        "  a: 5 events without a correlation id left out",
        "  b: 5 events without a correlation id left out",
        "  payloads: 0 pairs compared, without ids and times",
    ]


def with_payloads(payloads, **more):
    events = event_table({**row, **{f"{name}_id": value for name, value in more.items()}} for row in rows_of(S[:5]))
    trace = trace_of(events)
    values = dict(zip(events.column("offset").to_pylist(), payloads, strict=True))

    def read(positions):
        offsets = positions.column("offset").to_pylist()[::-1]
        zeros = pa.array([0] * len(offsets), pa.int32())
        place = {"source_id": zeros, "partition": zeros, "offset": pa.array(offsets, pa.int64())}
        keys = pa.array([None] * len(offsets), pa.binary())
        found = pa.array([values[offset] for offset in offsets], pa.binary())
        return pa.table({**place, "key": keys, "value": found})

    return type(trace)(trace.data, records=read)


def test_payloads_are_compared_by_path_without_ids_and_times():
    one = {"id": "5c1f9d0e-7a3b-4246-8c2d-1e0f9a8b7c6d", "at": "2026-01-01T10:00:00Z", "price": 5, "old": True}
    two = {"id": "6c1f9d0e-7a3b-4246-8c2d-1e0f9a8b7c6d", "at": "2026-01-02T10:00:00Z", "price": 7, "new": [1]}
    found = with_payloads([json.dumps(one).encode()] * 5).diff(
        with_payloads([json.dumps(two).encode()] * 5), ignore=["old"]
    )
    first = found.payload[found.payload["key"] == "OP"].set_index("path")
    assert sorted(first.index) == ["new", "price"]
    assert first.loc["price", ["changed", "example_a", "example_b"]].to_list() == [1, 5, 7]
    assert first.loc["new", "added"] == 1
    assert "    OP\n      new added 1: absent → [1]\n      price changed 1: 5 → 7\n" in repr(found)
    assert found.compared == "5 pairs compared, without ids and times"


def test_what_is_no_json_is_compared_as_a_whole():
    found = with_payloads([b"\xff", None, b"1", b"x", b"{}"]).diff(with_payloads([b"\xfe", b"1", None, b"x", b"[]"]))
    assert found.payload["path"].to_list() == [""] * len(found.payload)
    assert len(found.payload) == 3


EVENTS = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from(["k1", "k2"]), st.lists(st.integers(0, 9), max_size=2))
)


@settings(max_examples=20, deadline=None)
@given(EVENTS, st.randoms())
def test_a_set_against_itself_is_the_same_in_any_order(drawn, random):
    rows = [
        [f"e{n}", n, [f"e{cause}" for cause in causes if cause < n], flow, kind]
        for n, (kind, flow, causes) in enumerate(drawn)
    ]
    shuffled = random.sample(rows, len(rows))
    found = trace_of_lists(rows).diff(trace_of_lists(shuffled))
    assert found.same
    assert np.nan_to_num(found.frame["delta_us"].to_numpy(dtype=float)).any() is np.False_
