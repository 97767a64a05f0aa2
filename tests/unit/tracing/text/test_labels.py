"""Labels of events and the line that says where a graph comes from."""

from __future__ import annotations

import numpy as np
import pytest
from decoded_events import cause
from traces import graph_of

from workbench.tracing.text.labels import key_texts, labels_of, provenance_text, short_id


def test_of_many_remarks_the_first_few_are_written_and_the_rest_is_counted():
    copies = [{"event_id": "a", "t": 1, "topic": f"copy-{n}"} for n in range(6)]
    graph = graph_of({"event_id": "a", "t": 0, "cause_state": "root", "event_type": "A"}, *copies).data
    (label,) = labels_of(graph, np.array([0]))
    assert label.title == "A a"
    assert (label.position, label.time) == ("t/0@0", 0)
    assert label.remarks == ("origin", *(f"mirror copy-{n}/0@0" for n in range(3)), "and 3 more")


def test_an_event_without_type_and_time_is_labelled_too():
    (label,) = labels_of(graph_of({"event_id": None}).data, np.array([0]))
    assert (label.event_type, label.source, label.time) == ("(no type)", "", None)
    assert label.key == label.position == "t/0@0"


def test_an_id_that_is_unique_within_its_source_is_written_without_it():
    events = [{"event_id": "1", "id_scope": "source", "source": f"/{name}", "event_type": "A"} for name in ("a", "b")]
    graph = graph_of(*({"offset": at, **event} for at, event in enumerate(events))).data
    nodes = np.arange(2)
    assert [(label.title, label.source) for label in labels_of(graph, nodes)] == [("A 1", "/a"), ("A 1", "/b")]
    assert key_texts(graph, nodes, 48) == ["t/0@0", "t/0@1"], "the id alone would find both"


def test_a_cause_by_position_reads_as_people_write_it():
    lost = {"event_id": "a", "causes": [cause("orders/2/17", target="position")]}
    (label,) = labels_of(graph_of(lost).data, np.array([0]))
    (text,) = label.unresolved
    assert "cause orders/2@17" in text


def test_one_is_singular():
    broken = {"event_id": None, "convention": None, "format": "damaged", "timestamp_ms": 3, "timestamp_type": 0}
    assert provenance_text(graph_of(broken).data) == (
        "the whole snapshot: 1 of 1 event · clock: event time, record timestamp for 1 event without one"
        " · 1 raw or damaged record in the snapshot"
    )


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("9f3c2a10-b4d5-4e6f-8a11-0123456789ab", "9f3c2a10"),
        ("0190a1b2-c3d4-7e6f-8a11-0123456789ab", "0190a1b2…89ab"),
        ("order-17", "order-17"),
    ],
)
def test_short_ids_tell_events_of_a_flow_apart(key, short):
    assert short_id(key) == short
