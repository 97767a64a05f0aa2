"""Selections: correlations, relatives of an event, fragments, and the edges they cut."""

from __future__ import annotations

import pytest
from traces import flow, graph_of, keys

from workbench.errors import UnknownEventError


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
    assert trace.frame["kind"].to_list() == ["origin", "inner", "inner"]
    other = flow().select(correlation_id="k2")
    assert other.frame["kind"].to_list() == ["orphan"]
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


def test_an_event_is_found_by_the_position_of_its_record():
    graph = flow()
    (at,) = (p for p in graph.descendants("b").root_positions() if p.offset == 2)
    assert keys(graph.select(event_id=str(at))) == keys(graph.select(event_id="c"))
    assert keys(graph.descendants(f"{at.topic}/{at.partition}@1")) == keys(graph.descendants("b"))
    with pytest.raises(UnknownEventError, match="nowhere/0@1"):
        graph.select(event_id="nowhere/0@1")


def test_a_trace_by_fragment_keeps_what_a_virtual_node_joins():
    graph = flow()
    assert graph.fragments["events"].to_list() == [4, 2]
    trace = graph.select(fragment=1)
    assert keys(trace) == ["e", "f"]
    assert trace.virtual["value"].to_list() == ["gone", "gone"]
    assert trace.data.structure.fragments == 1


def test_a_selection_of_a_selection_remembers_all_it_cuts():
    trace = flow().select(correlation_id="k1").descendants("a")
    assert keys(trace) == ["b", "d"]
    assert trace.boundary() == (2, 1)
    assert sorted(trace.unresolved["value"]) == ["a", "c"]


def test_what_is_not_there_is_named_with_what_is_known_of_it():
    graph = flow()
    with pytest.raises(UnknownEventError, match="2 events name it as a cause"):
        graph.select(event_id="gone")
    with pytest.raises(UnknownEventError, match="correlation_id k9"):
        graph.select(correlation_id="k9")
    with pytest.raises(UnknownEventError, match="fragment 7"):
        graph.select(fragment=7)
    with pytest.raises(UnknownEventError, match="descendants of a has the id a"):
        graph.descendants("a").descendants("a")
    with pytest.raises(UnknownEventError, match=r"has the id \(an empty text\)"):
        graph.select(event_id="")
    with pytest.raises(TypeError, match="exactly one"):
        graph.select(correlation_id="k1", event_id="a")
    for name in ("correlation_id", "event_id", "trace_id"):
        with pytest.raises(TypeError, match=f"{name}=5 is no text: ids are texts, so write it in quotes"):
            graph.select(**{name: 5})


def test_a_trace_by_the_trace_id_in_the_headers():
    trace_id = "0000000000000000" + "5d5e0e7b9c0f4a11"
    context = {"trace_id": trace_id, "span_id": "1" * 16, "parent_span_id": None, "sampled": True, "via": "b3"}
    graph = graph_of({"event_id": "a", "trace": context}, {"event_id": "b", "trace": context}, {"event_id": "c"})
    assert keys(graph.select(trace_id=trace_id)) == ["a", "b"]
    assert keys(graph.select(trace_id="5D5E0E7B9C0F4A11")) == ["a", "b"]
    assert keys(graph.select(trace_id=f"00-{trace_id}-{'2' * 16}-01")) == ["a", "b"]
    with pytest.raises(UnknownEventError, match="trace_id"):
        graph.select(trace_id="1" * 32)
    with pytest.raises(TypeError, match="exactly one"):
        graph.select(trace_id=trace_id, event_id="a")
