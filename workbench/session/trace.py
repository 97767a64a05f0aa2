"""Builds the causal graph of a whole snapshot from its events and its captured offset ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.trace import Trace, Viewer

VALUES_FOR_COLLISIONS_BYTES = 256 << 20
"""Up to this many bytes of values are read to tell copies from collisions; above, equal ids count as copies."""


def read_trace(store: SnapshotStore, *, viewer: Viewer) -> Trace:
    """Build the causal graph of everything in a snapshot.

    Args:
        store: The snapshot file.
        viewer: Draws views of the graph.
    """
    from workbench.tracing.graph import build_graph
    from workbench.tracing.trace import Trace

    graph = build_graph(read_events(store), ranges=store.ranges_table())
    return Trace(graph, viewer=viewer, records=lambda positions: store.record_table(positions=positions))


def read_events(store: SnapshotStore) -> pa.Table:
    """Read all events of a snapshot as `build_graph` takes them, with values unless these are too many."""
    return store.event_table(with_value=store.value_bytes() <= VALUES_FOR_COLLISIONS_BYTES)
