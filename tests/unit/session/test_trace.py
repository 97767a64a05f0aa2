"""The graph of a snapshot: one class for the whole and for a part, built once, drawn under the session's supervisor."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from snapshot_rows import Filler, body, raw_records

from workbench.buffers.texts import hash_texts
from workbench.decoding import Decoder
from workbench.errors import UnknownEventError
from workbench.session import trace as session_trace
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore
from workbench.store.ids import related
from workbench.store.snapshot import graph_rows
from workbench.tracing.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORRELATION = "00000000-0000-4000-9000-000000000000"


@pytest.fixture
def snap(tmp_path: Path) -> Iterator[Snapshot]:
    store = SnapshotStore.open(tmp_path / "incident.duckdb", write=True)
    Filler(store, Decoder())(raw_records(0, 8))
    with Snapshot(store) as opened:
        yield opened


def test_the_whole_and_a_part_are_traces(snap):
    trace = snap.trace(correlation_id=CORRELATION)
    assert type(trace) is type(snap.graph) is Trace
    assert (len(trace), len(snap.graph)) == (4, 8)
    assert (trace.summary, snap.graph.summary) == (f"correlation {CORRELATION}", "the whole snapshot")
    assert not hasattr(snap.graph, "graph")


def test_the_graph_is_built_once_and_again_after_more_was_captured(snap):
    before = snap.graph
    assert snap.graph is before
    Filler(snap.store, Decoder())(raw_records(8, 4), capture_id="c2")
    assert len(snap.graph) == 12


def test_a_trace_is_a_selection_for_a_replay(snap):
    draft = snap.replay(snap.trace(correlation_id=CORRELATION))
    assert len(draft) == 4
    assert f"correlation {CORRELATION}" in repr(draft)


def test_a_trace_taken_before_the_snapshot_was_adopted_is_drawn_under_the_supervisor(snap, monkeypatch):
    made = []
    monkeypatch.setattr("workbench.widgets.CausationGraph", lambda views, **options: made.append((views, options)))
    trace = snap.graph
    supervisor = object()
    snap.adopt(supervisor)
    trace.descendants(trace.frame["key"].iloc[0]).show(height=300)
    assert made[0][1] == {"supervisor": supervisor, "height": 300, "record": snap._record_detail}


SECOND = "00000000-0000-4000-8000-000000000005"


@pytest.fixture(params=[None, 1], ids=["packed", "segments"], scope="module")
def large_path(request, tmp_path_factory):
    """A snapshot of causes, copies and damage, captured from offset 100."""
    path = tmp_path_factory.mktemp("large") / "large.duckdb"
    with SnapshotStore.open(path, write=True) as store:
        fill = Filler(store, Decoder())
        caused = [
            body(
                number,
                timestamp=f"2026-11-23T10:00:{number - 100:02d}Z",
                metadata={
                    "source": "shop",
                    "correlation_id": CORRELATION if number % 5 else SECOND,
                    "causation_id": f"00000000-0000-4000-8000-{number - (2 if number % 3 else 50):012d}",
                },
            )
            for number in range(100, 130)
        ]
        caused[7] = b"{"
        fill(raw_records(100, 30).set_column(5, "value", pa.array(caused)), segment_bytes=request.param)
        fill(raw_records(0, 12), topic="orders.copy", capture_id="c2", segment_bytes=request.param)
        fill(raw_records(4, 3), topic="orders.mirror", capture_id="c3")
    return path


@pytest.fixture
def large(large_path, monkeypatch):
    monkeypatch.setattr(session_trace, "WHOLE_RECORDS", 0)
    with Snapshot(SnapshotStore.open(large_path)) as snap:
        yield snap


SELECTIONS = [
    {"correlation_id": CORRELATION},
    {"event_id": SECOND},
    {"event_id": "00000000-0000-4000-8000-000000000110"},
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_a_flow_that_is_read_by_itself_equals_the_one_cut_from_everything(large, selection):
    flow = large.trace(**selection)
    assert large._graph is None
    whole = large.graph.select(**selection)
    assert large.trace(**selection).summary == flow.summary
    for name in ("frame", "edges", "copies", "virtual", "problems", "outside"):
        pd.testing.assert_frame_equal(getattr(flow, name), getattr(whole, name), check_dtype=False)
    for name in ("event", "value", "reason", "unread"):
        pd.testing.assert_series_equal(flow.unresolved[name], whole.unresolved[name])
    assert flow.accounting == whole.accounting
    assert flow.data.provenance.unread == whole.data.provenance.unread == 1
    assert flow.provenance.startswith(f"{flow.summary}: {len(flow)} of 45 records")


def test_an_id_with_the_hash_of_another_text_is_looked_at(large, monkeypatch):
    selection = {"event_id": "00000000-0000-4000-8000-000000000110"}
    (same,) = hash_texts(pa.array([selection["event_id"]])).to_pylist()
    monkeypatch.setattr(graph_rows, "hash_texts", lambda texts: pa.array([same] * len(texts), pa.uint64()))
    assert len(large.trace(**selection)) == 3
    assert large._graph is None
    monkeypatch.setattr(graph_rows, "_LOOKED_AT", 0)
    assert len(large.trace(**selection)) == 3
    assert large._graph is not None


def test_of_too_many_relatives_the_nearest_are_shown_and_the_rest_is_said(large, monkeypatch):
    selection = {"event_id": "00000000-0000-4000-8000-000000000110"}
    whole = large.graph.select(**selection)
    large._graph = None
    monkeypatch.setattr(session_trace, "ALL_RELATIVES_RECORDS", 0)
    monkeypatch.setattr(related, "MOST_STEPS", 0)
    complete = large.trace(**selection)
    pd.testing.assert_frame_equal(complete.frame, whole.frame, check_dtype=False)
    assert complete.summary == whole.summary
    monkeypatch.setattr(related, "NEAREST", (2,))
    near = large.trace(**selection)
    assert large._graph is None
    assert set(near.frame["key"]) < set(whole.frame["key"])
    assert selection["event_id"] in set(near.frame["key"])
    assert "nearest relatives (there are more: snap.graph.select(event_id=…) reads all)" in near.summary
    cut = near.outside[near.outside["kind"] == "explicit"]
    assert set(cut["neighbour"]) & set(whole.frame["key"])
    assert not set(near.unresolved["reason"]) - {"outside_selection", "truncated"}


def test_a_cause_that_was_not_captured_is_explained(large):
    unresolved = large.trace(correlation_id=CORRELATION).unresolved
    assert set(unresolved["reason"]) == {"truncated", "missing", "outside_selection"}
    assert unresolved["unread"].max() == 1


def test_an_id_that_nobody_has_is_said_without_reading_everything(large):
    with pytest.raises(UnknownEventError, match=r"has correlation_id nothing"):
        large.trace(correlation_id="nothing")
    missing = "00000000-0000-4000-8000-000000000052"
    with pytest.raises(UnknownEventError, match="1 event names it as a cause, so it was not captured"):
        large.trace(event_id=missing)
    assert large._graph is None


def test_a_damaged_index_is_not_believed(large_path, tmp_path, monkeypatch):
    monkeypatch.setattr(session_trace, "WHOLE_RECORDS", 0)
    shutil.copytree(large_path.parent, tmp_path / "damaged")
    with Snapshot(SnapshotStore.open(tmp_path / "damaged" / large_path.name)) as snap:
        for path in snap.store.folder.glob("*.ids"):
            content = path.read_bytes()
            path.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
        assert len(snap.trace(correlation_id=CORRELATION)) == 27
        assert snap._graph is None


def test_an_event_without_an_id_and_a_trace_id_are_found(large):
    assert len(large.trace(event_id="orders/0@107")) == 1
    with pytest.raises(UnknownEventError):
        large.trace(trace_id="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    with pytest.raises(TypeError, match="exactly one"):
        large.trace()
