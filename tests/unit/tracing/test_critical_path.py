"""Critical path: the vectors of section 6.4, and its definitions on random graphs."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from decoded_events import event_table
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import trace_of

from workbench.errors import UnknownEventError
from workbench.tracing import critical_path

S = json.loads("""
[["a1", 0, [], "k1", "OP", "shop"], ["a3", 80, ["a1"], "k1", "SR", "stock"], ["a2", 120, ["a1"], "k1", "PA", "pay"], ["a5", 200, ["a2"], "k1", "IS", "bill"], ["a4", 300, ["a2", "a3"], "k1", "SC", "ship"],
  ["b1", 1000, [], "k2", "OP", "shop"], ["b3", 1090, ["b1"], "k2", "SR", "stock"], ["b2", 1400, ["b1"], "k2", "PF", "pay"], ["b4", 1500, ["b2"], "k2", "OC", "shop"],
  ["c1", 2000, [], "k3", "OP", "shop"], ["c2", 2110, ["c1"], "k3", "PA", "pay"], ["c5", 2190, ["c2"], "k3", "IS", "bill"], ["c3", 2300, ["c1"], "k3", "SR", "stock"], ["c4", 2700, ["c2", "c3"], "k3", "SC", "ship"],
  ["d1", 3000, [], "k4", "OP", "shop"], ["d3", 3090, ["d1"], "k4", "SR", "stock"], ["d2", 3150, ["d1"], "k4", "PA", "pay"], ["d5", 3230, ["d2"], "k4", "IS", "bill"]]
""")  # noqa: E501 - as the reference writes it

BRANCH = [["A", 0, []], ["B", 10, ["A"]], ["C", 50, ["B"]], ["D", 45, ["A"]]]
JOIN = [["A", 0, []], ["B", 10, ["A"]], ["X", 30, []], ["J", 35, ["B", "X"]], ["K", 60, ["J"]]]

VECTORS: list[tuple[list[list[Any]], str | None, dict[str, Any]]] = [
    (
        BRANCH,
        None,
        {"path": ["A", "B", "C"], "hops": [["A", "B", 10, 5], ["B", "C", 40, 5]],
         "slack": {"A": 0, "B": 0, "C": 0, "D": 5}, "float": {"A": 0, "B": 0, "C": 0, "D": 5}},
    ),
    (
        JOIN,
        None,
        {"path": ["X", "J", "K"], "hops": [["X", "J", 5, 5], ["J", "K", 25, 25]],
         "slack": {"A": 50, "B": 50, "J": 0, "K": 0, "X": 0}, "float": {"A": 20, "B": 20, "J": 0, "K": 0, "X": 0}},
    ),
    (
        [e for e in S if e[3] == "k1"],
        None,
        {"path": ["a1", "a2", "a4"], "hops": [["a1", "a2", 120, 40], ["a2", "a4", 180, 100]],
         "slack": {"a1": 0, "a2": 0, "a3": 220, "a4": 0, "a5": 100},
         "float": {"a1": 0, "a2": 0, "a3": 40, "a4": 0, "a5": 100}},
    ),
    (
        [e for e in S if e[3] == "k3"],
        None,
        {"path": ["c1", "c3", "c4"], "hops": [["c1", "c3", 300, 190], ["c3", "c4", 400, 400]],
         "slack": {"c1": 0, "c2": 510, "c3": 0, "c4": 0, "c5": 510},
         "float": {"c1": 0, "c2": 190, "c3": 0, "c4": 0, "c5": 510}},
    ),
    (
        [e for e in S if e[3] == "k1"],
        "a5",
        {"path": ["a1", "a2", "a5"], "hops": [["a1", "a2", 120, 120], ["a2", "a5", 80, 80]],
         "slack": {"a1": 0, "a2": 0, "a5": 0}, "float": {"a1": 0, "a2": 0, "a5": 0}},
    ),
]  # fmt: skip


def graph_of(events):
    return trace_of(event_table([{"event_id": name, "t": t, "causes": causes} for name, t, causes, *_ in events]))


def facts(found):
    return {
        "path": list(found.path),
        "hops": found.hops[["cause", "effect", "hop_us", "saving_us"]].to_numpy().tolist(),
        "slack": dict(zip(found.events["event"], found.events["slack_us"], strict=True)),
        "float": dict(zip(found.events["event"], found.events["float_us"], strict=True)),
    }


@pytest.mark.parametrize(("events", "end", "expected"), VECTORS)
def test_the_vectors_of_section_6_4(events, end, expected):
    assert facts(graph_of(events).critical_path(end)) == expected


def test_each_hop_names_what_would_be_waited_for_then():
    found = graph_of([e for e in S if e[3] == "k1"]).critical_path()
    assert found.hops["limited_by"].fillna("").to_list() == ["a3", "a5"]
    assert repr(found).splitlines() == [
        "critical path: 3 events, 300 µs",
        "  a1",
        "  → a2  +120 µs  (saves 40 µs, then waits for a3)",
        "  → a4  +180 µs  (saves 100 µs, then waits for a5)",
    ]
    assert found.events.loc[found.events["on_path"], "event"].to_list() == ["a1", "a2", "a4"]


def test_a_hostile_id_is_text_in_every_form():
    found = graph_of([["<b>a\x1b", 0, []], ["<b>b", 7, ["<b>a\x1b"]]]).critical_path()
    assert found.frame is found.hops
    assert "  <b>a\\x1b\n  → <b>b" in repr(found)
    assert (
        ">critical path: 2 events, 7 µs\n  &lt;b&gt;a\\x1b\n  → &lt;b&gt;b  +7 µs  (saves 7 µs)</pre>"
        in found._repr_html_()
    )


def test_events_are_told_apart_by_type_and_the_beginning_of_their_id():
    first, then = "81e74ef5-e8e2-4d94-8ed9-04759531985d", "1738f7d9-3d9c-4724-91e2-0b8f6b0d549b"
    rows = [
        {"event_id": first, "event_type": "OrderPlaced", "t": 0},
        {"event_id": then, "event_type": "Paid", "t": 9, "causes": [first]},
    ]
    assert repr(trace_of(event_table(rows)).critical_path()).splitlines()[1:] == [
        "  OrderPlaced 81e74ef5",
        "  → Paid 1738f7d9  +9 µs  (saves 9 µs)",
    ]


def test_a_trace_is_cut_out_first_and_gives_the_same():
    whole = graph_of(S).select(event_id="c1").critical_path()
    assert whole.path == ("c1", "c3", "c4")


def test_what_has_no_path():
    empty = trace_of(event_table([])).critical_path()
    assert (empty.path, len(empty.hops), len(empty.events)) == ((), 0, 0)
    assert repr(empty) == "critical path: 0 events, 0 µs"
    graph = trace_of(event_table([{"event_id": "a"}, {"event_id": "b", "t": 1, "causes": ["a"]}]))
    assert graph.critical_path().path == ("b",)
    with pytest.raises(UnknownEventError, match="has no time"):
        graph.critical_path("a")
    with pytest.raises(UnknownEventError):
        graph.critical_path("gone")
    twins = [{"event_id": "1", "id_scope": "source", "source": s, "t": 1, "topic": s} for s in "ab"]
    with pytest.raises(UnknownEventError, match="Name one by its key"):
        trace_of(event_table(twins)).critical_path("1")


def test_a_cycle_is_followed_through_what_remains():
    graph = graph_of([["x", 1, ["z"]], ["y", 5, ["x"]], ["z", 9, ["y"]]])
    assert graph.critical_path().path == ("x", "y", "z")


def test_a_huge_trace_leaves_the_savings_of_short_hops_unknown(monkeypatch):
    monkeypatch.setattr(critical_path, "SAVING_BUDGET", 200 * 600)
    events = [[f"e{i}", i * 10 + (i % 7 == 0), [f"e{j}" for j in (i - 1, i - 2) if j >= 0]] for i in range(600)]
    found = graph_of(events).critical_path()
    assert len(found.path) == 600
    assert found.hops["saving_us"].notna().sum() == 200
    assert "more hops; .hops has all" in repr(found)
    assert "saving unknown" in repr(found)


dags = st.lists(
    st.tuples(st.integers(0, 40), st.lists(st.integers(0, 14), max_size=3, unique=True)),
    min_size=1,
    max_size=15,
).map(lambda rows: [[f"n{i:02}", t, [f"n{c:02}" for c in causes if c < i]] for i, (t, causes) in enumerate(rows)])


def naive(events):
    """Slack, float and savings straight from their definitions."""
    time = {name: t for name, t, _ in events}
    causes = {name: list(dict.fromkeys(named)) for name, _, named in events}
    bind = {name: max(named, key=lambda c: (time[c], c)) if named else None for name, named in causes.items()}
    end = max(time, key=lambda name: (time[name], name))

    def above(name: str | None) -> list[str]:
        return [] if name is None else [name, *above(bind[name])]

    slack = {v: time[end] - max(time[d] for d in time if v in above(d)) for v in time}

    def room(v: str) -> int:
        later = [time[bind[c] or ""] - time[v] + room(c) for c in time if v in causes[c]]
        return min([time[end] - time[v], *later])

    def planned(v: str, short: str) -> int:
        if not causes[v]:
            return time[v]
        own = 0 if v == short else time[v] - time[bind[v] or ""]
        return max(planned(c, short) for c in causes[v]) + own

    path = above(end)[::-1]
    hops = []
    for cause, effect in pairwise(path):
        hop = time[effect] - time[cause]
        saving = max(time[end] - max(planned(v, effect) for v in time), 0) if hop >= 0 else 0
        hops.append([cause, effect, hop, saving])
    return {"path": path, "hops": hops, "slack": slack, "float": {v: room(v) for v in time}}


@given(dags)
@pytest.mark.timeout(180)
@settings(max_examples=150, deadline=None)
def test_random_graphs_by_the_definitions(events):
    found = facts(graph_of(events).critical_path())
    assert found == naive(events)
    assert all(found["float"][name] <= found["slack"][name] for name in found["float"])
    assert min([*found["float"].values(), *found["slack"].values()]) >= 0
