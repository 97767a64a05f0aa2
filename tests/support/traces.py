"""Traces of event tables, as a snapshot would give them, and one small flow that many tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from decoded_events import event_table

from workbench.tracing.graph import build_graph
from workbench.tracing.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


def trace_of(events: pa.Table, *args: Any, **options: Any) -> Trace:
    """Build the graph of an event table with the arguments of `build_graph`."""
    return Trace(build_graph(events, *args, **options))


def flow() -> Trace:
    """Six events of three correlations: a copy, a join, and a cause outside the snapshot that two events share."""
    return trace_of(
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


def keys(trace: Trace) -> list[str]:
    """Keys of the events in order."""
    found: list[str] = trace.frame["key"].to_list()
    return found


def graph_of(*rows: Mapping[str, Any], **options: Any) -> Trace:
    """Build the graph of some rows."""
    return trace_of(event_table(rows), **options)
