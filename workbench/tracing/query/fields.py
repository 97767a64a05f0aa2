"""The fields that a structural query can name, and their columns out of a causal graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.graph import ROOT_KINDS
from workbench.tracing.graph.times import NO_TIME, hops

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

Kind: TypeAlias = Literal["text", "texts", "number", "duration", "time", "json"]

FIELDS: dict[str, Kind] = {
    "type": "text",
    "id": "text",
    "link_id": "texts",
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
"""Names and kinds; a path into the payload is of kind ``json``. Of ``texts`` an event can have several."""

STORED = ("key",)
"""Fields of the raw record, which a graph does not have; paths into the payload are others."""

_ATTRIBUTES = {"type": "event_type", "id": "event_id", "correlation": "correlation_id"}
_PLAIN = ("source", "topic", "partition", "offset", "tenant", "environment", "principal", "trace_id")
_FEW_VALUES = ("type", "source", "topic", "tenant", "environment")
_KINDS = pa.array([*ROOT_KINDS, "inner"], pa.large_string())


def column(graph: CausalGraph, name: str, nodes: Ints) -> pa.Array:
    """Return a field of some events; times and durations in microseconds, null where an event lacks it."""
    if name.startswith("root."):
        return _attribute(graph, name.removeprefix("root."), graph.structure.root[nodes])
    if name in _ATTRIBUTES or name in _PLAIN:
        return _attribute(graph, name, nodes)
    return _COMPUTED[name](graph, nodes)


def _attribute(graph: CausalGraph, name: str, nodes: Ints) -> pa.Array:
    stored = _ATTRIBUTES.get(name, name)
    if stored not in graph.attributes.names:
        return pa.nulls(len(nodes), pa.large_string())
    if name not in _FEW_VALUES or len(nodes) < len(graph):
        return graph.some(stored, nodes)
    # DuckDB compares each text of a dictionary once.
    encoded = graph.encoded(stored)
    codes = np.where(nodes < 0, -1, encoded.codes[nodes])
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), encoded.dictionary)


def _times(graph: CausalGraph, nodes: Ints) -> pa.Array:
    time = graph.time[nodes]
    return pa.array(time, mask=time == NO_TIME)


def _since(graph: CausalGraph, earlier: Ints, nodes: Ints) -> pa.Array:
    """Subtract the times of earlier events, -1 for none."""
    between, known = hops(graph.time, np.where(earlier >= 0, earlier, nodes), nodes)
    return pa.array(between, mask=~known | (earlier < 0))


def _since_cause(graph: CausalGraph, nodes: Ints) -> pa.Array:
    return _since(graph, graph.structure.binding[nodes], nodes)


def _since_root(graph: CausalGraph, nodes: Ints) -> pa.Array:
    return _since(graph, graph.structure.root[nodes], nodes)


def _link_ids(graph: CausalGraph, nodes: Ints) -> pa.Array:
    if "link_ids" not in graph.attributes.names:
        return pa.nulls(len(nodes), pa.list_(pa.string()))
    lists = graph.some("link_ids", nodes)
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), None, lists)


def _depths(graph: CausalGraph, nodes: Ints) -> pa.Array:
    return pa.array(graph.structure.depth[nodes])


def _children(graph: CausalGraph, nodes: Ints) -> pa.Array:
    return pa.array(np.bincount(graph.used_edges.cause, minlength=len(graph))[nodes])


def _root_kinds(graph: CausalGraph, nodes: Ints) -> pa.Array:
    return _KINDS.take(pa.array(graph.root_kind[nodes] % len(_KINDS)))


_COMPUTED = {
    "link_id": _link_ids,
    "t": _times,
    "hop": _since_cause,
    "since_root": _since_root,
    "depth": _depths,
    "children": _children,
    "kind": _root_kinds,
}


def trace_numbers(graph: CausalGraph) -> Ints:
    """Number the trace of each event: its correlation id, or its fragment where it has none."""
    correlation = graph.encoded("correlation_id")
    own: Ints = correlation.codes
    return np.where(own >= 0, own, len(correlation.dictionary) + graph.structure.fragment)
