"""The graph of a snapshot: one class for the whole and for a part, built once, drawn under the session's supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from snapshot_rows import Filler, raw_records

from workbench.decoding import Decoder
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore
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
