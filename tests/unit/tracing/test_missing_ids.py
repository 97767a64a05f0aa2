"""A graph without ids says that a convention is missing, wherever somebody asks for an id."""

from __future__ import annotations

import pytest
from traces import graph_of

from workbench.errors import UnknownEventError
from workbench.tracing.missing_ids import missing_ids_text


@pytest.mark.parametrize("wanted", [{"correlation_id": "K1"}, {"event_id": "E1"}])
def test_an_id_that_no_event_has_leads_to_the_description(wanted):
    graph = graph_of({"event_id": None}, {"event_id": None})
    with pytest.raises(UnknownEventError, match=r"0 of 2 events have an? \w+ id, .*snap\.describe\(\)"):
        graph.select(**wanted)


def test_the_tree_of_a_graph_without_ids_says_so():
    assert "0 of 1 event have an event id" in repr(graph_of({"event_id": None}))
    assert "describe" not in repr(graph_of({"event_id": "a"}))


@pytest.mark.parametrize("wanted", [{"correlation_id": "K1"}, {"event_id": "E1"}, {"trace_id": "1" * 32}])
def test_a_graph_without_events_says_so(wanted):
    with pytest.raises(UnknownEventError, match="no event at all: capture"):
        graph_of().select(**wanted)


def test_where_some_events_have_ids_nothing_is_said():
    graph = graph_of({"event_id": "a", "correlation_id": "k"}, {"event_id": None})
    with pytest.raises(UnknownEventError, match="`workbench flows`"):
        graph.select(correlation_id="other")
    assert missing_ids_text(graph_of({"event_id": "a"}).data, "fragment") is None
