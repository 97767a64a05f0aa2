"""Answers structural queries over a snapshot: its graph, and fields of the raw records where a query names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.query import QueryResult
    from workbench.tracing.query.syntax import Field, Query
    from workbench.tracing.trace import Trace

_POSITION = ["source_id", "partition", "offset"]


def structural_query(store: SnapshotStore, whole: Trace, text: str | Query, **options: Any) -> QueryResult[Trace]:
    """Answer a query over the events of a snapshot; see `workbench.tracing.query.query` for the options."""
    from workbench.tracing.query import query

    def stored(graph: CausalGraph, fields: Sequence[Field]) -> pa.Table:
        return stored_fields(store, graph, fields)

    return query(whole.data, text, stored=stored, cut=whole.cut, **options)


def stored_fields(store: SnapshotStore, graph: CausalGraph, fields: Sequence[Field]) -> pa.Table:
    """Read the key, or values out of the payload as JSON texts, in the order of the events of a graph."""
    import numpy as np
    import pyarrow as pa

    written = [
        f"json_extract(payload, ${_name(at)})::VARCHAR AS {_name(at)}" if field.path else f"key_text AS {_name(at)}"
        for at, field in enumerate(fields)
    ]
    pointers = {_name(at): _pointer(field.path) for at, field in enumerate(fields) if field.path}
    found = store.sql_arrow(
        f'SELECT source_id, "partition", "offset", {", ".join(written)} FROM events',  # noqa: S608 - values are bound
        pointers or None,
    )
    wanted = graph.events.select(_POSITION).append_column("node", pa.array(np.arange(len(graph))))
    met = found.cast(
        pa.schema([found.schema.field(name).with_type(_type(wanted, found, name)) for name in found.column_names])
    )
    joined = wanted.join(met, keys=_POSITION, join_type="left outer").sort_by("node")
    return joined.select([_name(at) for at in range(len(fields))])


def _type(wanted: pa.Table, found: pa.Table, name: str) -> pa.DataType:
    return wanted.schema.field(name).type if name in _POSITION else found.schema.field(name).type


def _name(at: int) -> str:
    return f"wb{at}"


def _pointer(path: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
