"""The fields that a structural query can name, and their columns out of a causal graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.graph import ROOT_KINDS
from workbench.tracing.graph.times import NO_TIME, hops

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

Kind: TypeAlias = Literal["text", "number", "duration", "time", "json"]

FIELDS: dict[str, Kind] = {
    "type": "text",
    "id": "text",
    "source": "text",
    "topic": "text",
    "partition": "number",
    "offset": "number",
    "key": "text",
    "tenant": "text",
    "environment": "text",
    "principal": "text",
    "correlation": "text",
    "trace_id": "text",
    "t": "time",
    "hop": "duration",
    "since_root": "duration",
    "depth": "number",
    "children": "number",
    "kind": "text",
    "root.type": "text",
    "root.source": "text",
}
"""Names and kinds; a path into the payload is of kind ``json``."""

STORED = ("key",)
"""Fields of the raw record, which a graph does not have; paths into the payload are others."""

_ATTRIBUTES = {"type": "event_type", "id": "event_id", "correlation": "correlation_id"}
_PLAIN = ("source", "topic", "partition", "offset", "tenant", "environment", "principal", "trace_id")
_KINDS = pa.array([*ROOT_KINDS, "inner"], pa.large_string())


def column(graph: CausalGraph, name: str) -> pa.Array:
    """Return a field of all events; times and durations in microseconds, null where an event lacks it."""
    if name.startswith("root."):
        attribute = _attribute(graph, name.removeprefix("root."))
        root = graph.structure.root
        return attribute.take(pa.array(root, mask=root < 0))
    if name in _ATTRIBUTES or name in _PLAIN:
        return _attribute(graph, name)
    return _COMPUTED[name](graph)


def _attribute(graph: CausalGraph, name: str) -> pa.Array:
    stored = _ATTRIBUTES.get(name, name)
    if stored not in graph.events.column_names:
        return pa.nulls(len(graph), pa.large_string())
    return graph.column(stored)


def _times(graph: CausalGraph) -> pa.Array:
    return pa.array(graph.time, mask=graph.time == NO_TIME)


def _since(graph: CausalGraph, earlier: Ints) -> pa.Array:
    """Subtract the times of earlier events, -1 for none."""
    own = np.arange(len(graph))
    between, known = hops(graph.time, np.where(earlier >= 0, earlier, own), own)
    return pa.array(between, mask=~known | (earlier < 0))


def _since_cause(graph: CausalGraph) -> pa.Array:
    return _since(graph, graph.structure.binding)


def _since_root(graph: CausalGraph) -> pa.Array:
    return _since(graph, graph.structure.root)


def _depths(graph: CausalGraph) -> pa.Array:
    return pa.array(graph.structure.depth)


def _children(graph: CausalGraph) -> pa.Array:
    return pa.array(np.bincount(graph.used_edges.cause, minlength=len(graph)))


def _root_kinds(graph: CausalGraph) -> pa.Array:
    return _KINDS.take(pa.array(graph.root_kind % len(_KINDS)))


_COMPUTED = {
    "t": _times,
    "hop": _since_cause,
    "since_root": _since_root,
    "depth": _depths,
    "children": _children,
    "kind": _root_kinds,
}


def trace_numbers(graph: CausalGraph) -> Ints:
    """Number the trace of each event: its correlation id, or its fragment where it has none."""
    correlation = EncodedColumn.of(graph.column("correlation_id"))
    own: Ints = correlation.codes
    return np.where(own >= 0, own, len(correlation.dictionary) + graph.structure.fragment)
