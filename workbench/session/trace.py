"""Builds causal graphs from a snapshot: of everything, or of one flow without reading the rest."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from workbench.store.ids.roles import IdRole
    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.trace import Trace

WHOLE_RECORDS = 20_000
"""Up to so many records the graph of everything is as quick as looking for those of one flow."""

ALL_RELATIVES_RECORDS = 1_000_000
"""In a larger snapshot only the nearest relatives of an event are read, where all of them are too many to look for."""

_LONGEST_US = 2.0**61


def read_trace(store: SnapshotStore, *, viewer: Viewer) -> Trace:
    """Build the causal graph of everything in a snapshot.

    Args:
        store: The snapshot file.
        viewer: Draws views of the graph.
    """
    from workbench.tracing.graph import build_graph
    from workbench.tracing.trace import Trace

    graph = build_graph(read_events(store), ranges=store.ranges_table())
    return Trace(graph, viewer=viewer, records=_records(store))


def _records(store: SnapshotStore) -> Callable[[pa.Table], pa.Table]:
    return lambda positions: store.record_table(positions=positions)


def read_events(store: SnapshotStore) -> pa.Table:
    """Read all events of a snapshot as `build_graph` takes them, with the values of records that share an id."""
    from workbench.store.snapshot.graph_rows import whole_events
    from workbench.tracing.graph.rows import STORED

    return whole_events(store, STORED)


def read_flow(store: SnapshotStore, ids: Mapping[str, str | None], *, viewer: Viewer) -> Trace | None:
    """Build the causal graph of one flow from its own rows; None where only the whole snapshot tells.

    Raises:
        UnknownEventError: The snapshot has no such event.
        TypeError: Not exactly one id was given.
    """
    from workbench.store.ids.roles import IdRole
    from workbench.tracing.selection import select, spelled_trace_id
    from workbench.tracing.trace import Trace

    correlation, event, trace = (ids[name] for name in ("correlation_id", "event_id", "trace_id"))
    given = {
        IdRole.CORRELATION_ID: correlation,
        IdRole.EVENT_ID: event,
        IdRole.TRACE_ID: None if trace is None else spelled_trace_id(trace),
    }
    wanted = [(role, text) for role, text in given.items() if text is not None]
    if len(wanted) != 1 or (count := store.record_count()) <= WHOLE_RECORDS:
        return None

    def cut(graph: CausalGraph) -> CausalGraph:
        return select(graph, correlation_id=correlation, event_id=event, trace_id=trace)

    flow = flow_graph(store, *wanted[0], cut, count)
    return None if flow is None else Trace(flow, viewer=viewer, records=_records(store))


def flow_graph(
    store: SnapshotStore, role: IdRole, text: str, cut: Callable[[CausalGraph], CausalGraph], count: int
) -> CausalGraph | None:
    """Build the graph of the rows that matter to one id, and cut the flow from it; None as in `read_flow`.

    Args:
        store: The snapshot.
        role: What the id is.
        text: The id as rows have it.
        cut: Cuts the flow from a graph that has at least what matters to it.
        count: How many records the snapshot has.
    """
    from workbench.store.ids.roles import IdRole
    from workbench.store.snapshot.graph_rows import nearest_events, related_events, unread_count
    from workbench.tracing.graph import build_graph
    from workbench.tracing.graph.rows import STORED
    from workbench.tracing.selection import nearest

    events = related_events(store, role, text, STORED)
    if events is None:
        bounded = role is IdRole.EVENT_ID and count > ALL_RELATIVES_RECORDS
        found = nearest_events(store, text, STORED) if bounded else None
        if found is None:
            return None
        events = found.rows
        if not found.complete:
            cut = partial(nearest, event_id=text, chosen=found.chosen)
    flow = cut(build_graph(events))
    if len(flow.unresolved):
        explained = _explained(store, events, flow)
        if explained is None:
            return None
        flow = cut(build_graph(explained, ranges=store.captured_offsets()))
    provenance = replace(flow.provenance, events=count, unread=unread_count(store), counted="record")
    return replace(flow, provenance=provenance)


def _explained(store: SnapshotStore, events: pa.Table, flow: CausalGraph) -> pa.Table | None:
    """Add the records that tell whether a cause may lie before the capture, or among what could not be read."""
    import numpy as np
    import pyarrow as pa

    from workbench.store.snapshot.graph_rows import rows_that_explain
    from workbench.tracing.graph.rows import STORED

    late = flow.time[flow.unresolved["node"].to_numpy(np.int64)]
    bound = flow.unresolved["hop_bound_us"].fillna(0).clip(upper=_LONGEST_US).to_numpy()
    start, until = float((late - bound).min()), int(late.max())
    more = rows_that_explain(
        store, STORED, events, start_ms=int(np.floor(start / 1000)), until_ms=int(np.ceil(until / 1000))
    )
    return None if more is None else pa.concat_tables([events, more], promote_options="permissive")
