"""Selecting rows first gives the graph that the whole snapshot gives: of any correlation, of any event."""

from __future__ import annotations

import pyarrow as pa
import pytest
from decoded_events import cause, event_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from id_parts import id_parts

from workbench.errors import UnknownEventError
from workbench.store.ids import related
from workbench.store.ids.entries import MOST_ROWS, key_of
from workbench.store.ids.related import nearest_rows, related_rows, relatives_rows
from workbench.store.ids.roles import IdRole
from workbench.tracing.graph import build_graph
from workbench.tracing.selection import select

IDS = [f"e{number}" for number in range(7)]
LINKS = ["l1", "l2", "e1", "k1"]
CORRELATIONS = ["k1", "k2", "e6", None]

causes = st.builds(
    cause,
    st.sampled_from([*IDS, *LINKS, "x1", "x2", "k2"]),
    target=st.sampled_from(["event_id", "event_id", "correlation_id"]),
    rank=st.integers(0, 1),
)
rows = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from([*IDS, *IDS, None]),
        "correlation_id": st.sampled_from(CORRELATIONS),
        "link_ids": st.lists(st.sampled_from(LINKS), max_size=2, unique=True),
        "causes": st.lists(causes, max_size=3),
        "root_id": st.sampled_from([None, None, *IDS, "k1", "k2", "k3"]),
        "t": st.integers(0, 30),
        "topic": st.sampled_from(["t", "t.copy", "t.dlq"]),
        "source": st.sampled_from(["shop", "pay"]),
        "id_scope": st.sampled_from(["global", "global", "global", "source"]),
        "cause_state": st.sampled_from(["declared", "root", "unknown"]),
        "value": st.sampled_from([b"1", b"2"]),
    }
)
OF_THE_WHOLE = ["hop_bound_us", "unread"]


def said(row):
    """What an event says: a column is there where any event of the graph, selected or not, has something in it."""
    return {name: value for name, value in row.items() if value is not None and value is not False and value != []}


def facts(graph):
    """Everything that a graph says, but for what only all records tell."""
    edges = graph.edges
    vias = [None if via < 0 else graph.vias[via].as_py() for via in edges.via.tolist()]
    frames = [graph.virtual, graph.copies, graph.problems, graph.outcomes, graph.outside]
    return [
        graph.provenance.selection,
        [said(row) for row in graph.events.to_pylist()],
        [column.tolist() for column in (graph.time, graph.fell_back, graph.root_kind)],
        [column.tolist() for column in (edges.cause, edges.effect, edges.kind, edges.rank)],
        vias,
        [frame.astype(str).to_dict("list") for frame in frames],
        graph.unresolved.drop(columns=OF_THE_WHOLE).to_dict("list"),
    ]


def taken(table, found):
    halves = [table.slice(0, table.num_rows // 2), table.slice(table.num_rows // 2)]
    return pa.concat_tables([halves[row // MOST_ROWS].slice(row % MOST_ROWS, 1) for row in found.tolist()])


SELECTIONS = [("correlation_id", name) for name in ("k1", "k2")] + [("event_id", name) for name in ("e0", "e1", "e2")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows, min_size=2, max_size=14), st.sampled_from(SELECTIONS))
def test_the_related_rows_give_the_graph_of_the_whole(given_rows, selection):
    argument, name = selection
    table = event_table(given_rows)
    parts = id_parts(table.slice(0, table.num_rows // 2), table.slice(table.num_rows // 2))
    find, role = (
        (related_rows, IdRole.CORRELATION_ID) if argument == "correlation_id" else (relatives_rows, IdRole.EVENT_ID)
    )
    try:
        expected = select(build_graph(table), **{argument: name})
    except UnknownEventError:
        return
    found = build_graph(taken(table, find(parts, key_of(role, name))))
    assert facts(select(found, **{argument: name})) == facts(expected)


def chain(length):
    return event_table({"event_id": f"c{n}", "t": n, "causes": [f"c{n - 1}"] if n else []} for n in range(length))


def test_what_has_nothing_to_do_with_a_flow_is_not_among_its_rows():
    other = [{"event_id": f"o{n}", "correlation_id": "k9", "causes": [f"o{n - 1}"] if n else []} for n in range(50)]
    flow = [{"event_id": f"f{n}", "correlation_id": "k1", "causes": [f"f{n - 1}"] if n else []} for n in range(5)]
    parts = id_parts(event_table(other + flow))
    assert related_rows(parts, key_of(IdRole.CORRELATION_ID, "k1")).tolist() == [50, 51, 52, 53, 54]
    assert not len(related_rows(parts, key_of(IdRole.CORRELATION_ID, "k2")))


def test_too_many_rows_and_too_long_chains_are_left_to_the_whole_graph(monkeypatch):
    parts = id_parts(chain(30))
    assert len(relatives_rows(parts, key_of(IdRole.EVENT_ID, "c0"))) == 30
    monkeypatch.setattr(related, "MOST_STEPS", 10)
    assert relatives_rows(parts, key_of(IdRole.EVENT_ID, "c0")) is None
    monkeypatch.undo()
    monkeypatch.setattr(related, "MOST_RELATED", 20)
    assert relatives_rows(parts, key_of(IdRole.EVENT_ID, "c0")) is None


def test_the_nearest_relatives_are_found_where_all_are_too_many(monkeypatch):
    parts, key = id_parts(chain(30)), key_of(IdRole.EVENT_ID, "c15")
    every = nearest_rows(parts, key)
    assert every.complete
    assert every.chosen.tolist() == list(range(30))
    monkeypatch.setattr(related, "NEAREST", (1_000, 6))
    monkeypatch.setattr(related, "MOST_RELATED", 20)
    # Of 1,000 rows one has too many effects.
    hub = [{"event_id": f"h{n}", "causes": ["c19"]} for n in range(30)]
    parts = id_parts(pa.concat_tables([chain(30), event_table(hub)]))
    few = nearest_rows(parts, key)
    assert not few.complete
    assert few.chosen.tolist() == [13, 14, 15, 16, 17]
    monkeypatch.setattr(related, "NEAREST", (1_000,))
    assert nearest_rows(parts, key) is None


@pytest.mark.parametrize("target", ["position", "span", None])
def test_causes_that_the_index_does_not_know_are_left_to_the_whole_graph(target):
    table = event_table([{"event_id": "a"}, {"event_id": "b", "causes": [cause("t/0/0", target=target)]}])
    assert relatives_rows(id_parts(table), key_of(IdRole.EVENT_ID, "a")) is None
