"""Clock offsets: the vectors of section 5.5, invariants on random edges, text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import trace_of

from workbench.errors import UnknownEventError
from workbench.tracing.clocks.constraints import ClockedEdges, constraints_of, heaviest_paths, positive_cycle
from workbench.tracing.clocks.estimates import least_offsets, midpoint_offsets
from workbench.tracing.graph.ends import Ends
from workbench.tracing.graph.tallies import number_pairs

C1 = [["A", 100, "B", 80], ["A", 200, "B", 182], ["B", 90, "C", 76], ["C", 300, "A", 360]]
C3 = [["X", 100, "N1", 95], ["X", 100, "N2", 94], ["X", 200, "N3", 196], ["M", 300, "N1", 310]]
C5 = [["A", 100, "B", 110], ["B", 110, "A", 2110]]
C6 = [["A", 100, "B", 80], ["B", 85, "A", 104]]
FIVE = {"X": 10, "N1": 10, "N2": 10, "N3": 10, "M": 10}
VECTORS = [
    (C1, {"A": 5, "B": 3, "C": 4}, None, {
        "bounds": {"A→B": [20, 46], "A→C": [34, 60], "B→C": [14, 40]},
        "least": {"A": -20, "B": 0, "C": 14}, "midpoint": {"A": 0.0, "B": 33.0, "C": 47.0}}),
    (C1[:3], {"A": 5, "B": 3, "C": 4}, "A", {
        "bounds": {"A→B": [20, None], "A→C": [34, None], "B→C": [14, None]},
        "least": {"A": 0, "B": 20, "C": 34}, "midpoint": {"A": 0.0, "B": None, "C": None}}),
    (C3, FIVE, None, {
        "bounds": {"M→N1": [-10, None], "N1→X": [None, -5], "N2→X": [None, -6], "N3→X": [None, -4]},
        "least": {"M": 0, "N1": 0, "N2": 0, "N3": 0, "X": -6},
        "midpoint": {"M": 0.0, "N1": None, "N2": None, "N3": None, "X": None}}),
    (C5, {"A": 2, "B": 2}, None, {
        "bounds": {"A→B": [-10, 2000]}, "least": {"A": 0, "B": 0}, "midpoint": {"A": 0.0, "B": 995.0}}),
]  # fmt: skip


def clocked(edges, weights):
    names = tuple(sorted(weights))
    column = [np.array([edge[i] for edge in edges]) for i in range(4)]
    place = {name: number for number, name in enumerate(names)}
    cause, effect = (np.array([place[name] for name in column[i].tolist()], dtype=np.int64) for i in (0, 2))
    weight = np.array([weights[name] for name in names])
    clock = np.concatenate([cause, effect])
    pairs, number = number_pairs(clock, np.arange(len(edges)), np.arange(len(edges)) + len(edges), len(names))
    ends = Ends(np.arange(len(edges)), np.arange(len(edges)) + len(edges), len(clock))
    time = np.concatenate([column[1], column[3]]).astype(np.int64)
    return ClockedEdges(names, clock, weight, pairs // len(names), pairs % len(names), number, ends, time)


@pytest.mark.parametrize(("edges", "weights", "reference", "expected"), VECTORS)
def test_the_vectors_of_section_5_5(edges, weights, reference, expected):
    given_edges = clocked(edges, weights)
    names = given_edges.names
    constraints = constraints_of(given_edges, 0)
    assert positive_cycle(constraints, len(names)) is None
    chosen = None if reference is None else names.index(reference)
    members = range(len(names))
    least = least_offsets(constraints, given_edges.weight, members, chosen)
    assert {names[one]: offset for one, offset in least.items()} == expected["least"]
    heaviest = heaviest_paths(constraints, len(names))
    middle = midpoint_offsets(heaviest, given_edges.weight, members, chosen)
    assert {names[one]: offset for one, offset in middle.items()} == expected["midpoint"]
    bounds = {}
    for a, first in enumerate(names):
        for b in range(a + 1, len(names)):
            interval = [heaviest[a, b], -heaviest[b, a]]
            if np.isfinite(interval).any():
                bounds[f"{first}→{names[b]}"] = [value if np.isfinite(value) else None for value in interval]
    assert bounds == expected["bounds"]


@pytest.mark.parametrize(
    ("edges", "weights", "excess"),
    [([["A", 100, "B", 95], ["B", 95, "A", 97]], {"A": 2, "B": 2}, 3), (C6, {"A": 3, "B": 2}, 1)],
)
def test_contradictions_name_their_clocks_from_the_smallest(edges, weights, excess):
    given_edges = clocked(edges, weights)
    constraints = constraints_of(given_edges, 0)
    cycle, steps = positive_cycle(constraints, 2)
    assert [given_edges.names[one] for one in cycle] == ["A", "B"]
    assert constraints.bound[steps].sum() == excess
    if edges is C6:
        looser = constraints_of(given_edges, 1)
        assert looser.bound.tolist() == [19, -20]
        assert positive_cycle(looser, 2) is None


def graph_of(edges):
    """A cause and an effect for each edge, each stamped by the clock of its source."""
    rows = []
    for number, (first, t, second, u) in enumerate(edges):
        rows += [{"event_id": f"c{number}", "t": t, "source": first}]
        rows += [{"event_id": f"e{number}", "t": u, "source": second, "causes": [f"c{number}"]}]
    return trace_of(event_table(rows))


def test_an_answer_has_bounds_witnesses_and_a_correction_beside_the_raw_times():
    trace = graph_of(C3)
    found = trace.clock(epsilon_us=0)
    assert found.feasible
    assert found.clocks.set_index("clock")["offset_us"].to_dict() == {"M": 0, "N1": 0, "N2": 0, "N3": 0, "X": -6}
    proven = found.frame[found.frame["proven"]]
    assert proven[["first", "second", "high_us", "cause", "effect"]].to_numpy().tolist() == [
        ["N1", "X", -5, "c0", "e0"], ["N2", "X", -6, "c1", "e1"], ["N3", "X", -4, "c2", "e2"],
    ]  # fmt: skip
    assert repr(found).splitlines()[0] == "clocks: 5 clocks, 3 differences proven"
    assert "least correction: X -6 µs (3 events)" in repr(found)
    used = trace.data.used_edges
    assert (found.corrected[used.effect] >= found.corrected[used.cause]).all()
    assert trace.clock(method="midpoint", epsilon_us=0).clocks["offset_us"].notna().sum() == 1
    assert repr(trace.clock()) == repr(found), "these times are no whole milliseconds"
    loose = trace.clock(epsilon_us=1000).frame
    assert not loose["proven"].any()


def test_a_contradiction_has_its_witnesses_and_no_offsets():
    found = graph_of([["A", 100, "B", 95], ["B", 95, "A", 97], ["C", 1, "D", 0]]).clock(epsilon_us=0)
    (one,) = found.contradictions
    assert (one.clocks, one.excess_us, one.witnesses) == (("A", "B", "A"), 3, (("c0", "e0"), ("c1", "e1")))
    assert found.clocks["offset_us"].isna().to_list() == [True, True, False, False]
    assert "contradiction: A → B → A, excess 3 µs (c0 → e0, c1 → e1)" in repr(found)


def test_drift_is_a_pair_whose_halves_exclude_each_other():
    early = [["A", 100, "B", 80], ["B", 100, "A", 121]]
    late = [["A", 10_100, "B", 10_150], ["B", 10_100, "A", 10_060]]
    found = graph_of([*early, *late]).clock(epsilon_us=0)
    assert found.drift[["first", "second"]].to_numpy().tolist() == [["A", "B"]]
    assert "drift: A, B" in repr(found)


def test_no_clocks_and_unknown_ones():
    empty = trace_of(event_table([])).clock()
    assert (len(empty.frame), len(empty.clocks), len(empty.corrected)) == (0, 0, 0)
    with pytest.raises(UnknownEventError, match="There is no clock Z; known are A, B"):
        graph_of(C6).clock(reference="Z")
    untimed = trace_of(
        event_table([{"event_id": "a", "source": "x"}, {"event_id": "b", "source": "y", "causes": ["a"]}])
    )
    assert len(untimed.clock().frame) == 0


def test_append_times_are_stamped_by_one_clock():
    rows = [
        {"event_id": name, "timestamp_ms": t, "timestamp_type": 1, "source": name} for name, t in (("a", 5), ("b", 9))
    ]
    rows[1]["causes"] = ["a"]
    assert trace_of(event_table(rows)).clock().clocks["clock"].to_list() == ["a", "b", "broker"]


CLOCKS = st.sampled_from("ABCD")
EDGES = st.lists(st.tuples(CLOCKS, st.integers(0, 60), CLOCKS, st.integers(0, 60)), min_size=1, max_size=10)


@settings(max_examples=30, deadline=None)
@given(EDGES)
def test_offsets_satisfy_all_constraints_or_are_absent(drawn):
    edges = [edge for edge in drawn if edge[0] != edge[2]]
    found = graph_of(edges).clock(epsilon_us=0) if edges else None
    if found is None:
        return
    offset = found.clocks.set_index("clock")["offset_us"]
    for first, t, second, u in edges:
        if pd.isna(offset[first]) or pd.isna(offset[second]):
            assert found.contradictions
        else:
            assert offset[second] - offset[first] >= t - u
    for one in found.contradictions:
        assert one.excess_us > 0
        assert one.clocks[0] == one.clocks[-1] == min(one.clocks)
