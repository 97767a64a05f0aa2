"""Turns spans into rows of an event table, of which `workbench.tracing.graph.build_graph` makes the same graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.records.columns import CAUSE, EVENT, TRACE
from workbench.tracing.graph.columns import flags, one_chunk

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints

Moment: TypeAlias = Literal["start", "end"]
"""Which end of its interval places a span in time."""

_TEXT = pa.string()
_MICROS = pa.timestamp("us")
CONVENTION = "span"
"""The convention that rows of spans name."""
PARENT_VIA = "parent span"
"""What declared the cause of a span that is its parent: links do not."""
_NO_KIND = "unspecified"

_EXTRAS = pa.schema(
    [
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("cluster", _TEXT),
        pa.field("topic", _TEXT),
        pa.field("timestamp_ms", pa.int64()),
        pa.field("timestamp_type", pa.int8()),
        pa.field("value", pa.binary()),
        pa.field("span_kind", _TEXT),
        pa.field("server_started", _MICROS),
        pa.field("server_ended", _MICROS),
    ],
)


def span_events(spans: pa.Table, name: str, *, at: Moment = "start", source_id: int = 0) -> pa.Table:
    """Return one row of an event table for each span.

    The event id is the span id, with the trace id before it where several traces have the same one. The position is
    the name of the file, partition 0 and the number of the row.

    Args:
        spans: Columns of `workbench.tracing.spans.columns.SPAN`.
        name: Stands for the topic.
        at: ``start`` places a span at its start, ``end`` at its end.
        source_id: Number of the source, which tells rows of several files apart.
    """
    count = spans.num_rows
    start, end = (one_chunk(spans.column(column)) for column in ("start_us", "end_us"))
    ids = _Names(spans)
    own = ids.of(spans.column("trace_id"), spans.column("span_id"))
    causes, caused = _causes(spans, ids)
    trace = pc.if_else(pc.equal(spans.column("trace_id"), ""), None, spans.column("trace_id"))
    failed = flags(spans.column("failed"))
    columns: dict[str, pa.Array] = {
        "offset": pa.array(np.arange(count)),
        "convention": _constant(CONVENTION, count),
        "event_id": own,
        "id_scope": _constant("global", count),
        "correlation_id": trace,
        "causes": causes,
        "cause_state": pa.array(np.where(caused, "declared", "root"), _TEXT),
        "event_type": spans.column("name"),
        "source": spans.column("service"),
        "destination": spans.column("peer"),
        "event_time": pc.coalesce(*((start, end) if at == "start" else (end, start))).cast(_MICROS),
        "started": start.cast(_MICROS),
        "ended": end.cast(_MICROS),
        "trace": _contexts(spans, trace),
        "error": _errors(failed),
        "format": _constant(CONVENTION, count),
        "source_id": pa.array(np.full(count, source_id)),
        "cluster": _constant("", count),
        "topic": _constant(name, count),
        "timestamp_ms": pa.array(np.full(count, -1)),
        "timestamp_type": pa.array(np.full(count, -1)),
        "value": _values(spans, own),
        "span_kind": pc.fill_null(spans.column("kind"), _NO_KIND),
        "server_started": one_chunk(spans.column("server_start_us")).cast(_MICROS),
        "server_ended": one_chunk(spans.column("server_end_us")).cast(_MICROS),
    }
    schema = pa.schema([*EVENT, *_EXTRAS])
    return pa.table([_column(columns, field, count) for field in schema], schema=schema)


def _column(columns: dict[str, pa.Array], field: pa.Field, count: int) -> pa.Array:
    if field.name in columns:
        return one_chunk(columns[field.name]).cast(field.type)
    if field.nullable:
        return pa.nulls(count, field.type)
    if pa.types.is_list(field.type):
        return _lists(np.zeros(count, dtype=np.int64), pa.array([], field.type.value_type))
    return pa.array(np.zeros(count, dtype=np.int64)).cast(field.type)


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, _TEXT), count)


def _lists(sizes: Ints, values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)), values)


class _Names:
    """Names spans by their ids, with the trace id where a span id alone names spans of several traces."""

    def __init__(self, spans: pa.Table) -> None:
        pairs = spans.select(["trace_id", "span_id"]).to_pandas().drop_duplicates()
        shared = pairs.loc[pairs["span_id"].duplicated(keep=False), "span_id"].unique()
        self._shared = pa.array(shared, pa.large_string())

    def of(self, trace: pa.ChunkedArray, span: pa.ChunkedArray) -> pa.Array:
        span = one_chunk(span)
        if not len(self._shared):
            return span
        whole = pc.binary_join_element_wise(one_chunk(trace), span, pa.scalar("/", pa.large_string()))
        return pc.if_else(pc.is_in(span, value_set=self._shared), whole, span)


def _causes(spans: pa.Table, ids: _Names) -> tuple[pa.Array, Flags]:
    """Return the parent and then the links of each span as causes of one rank, and which spans have any."""
    parent = ids.of(spans.column("trace_id"), spans.column("parent_id"))
    with_parent = np.flatnonzero(flags(pc.is_valid(spans.column("parent_id"))))
    lists = one_chunk(spans.column("links"))
    linked = pc.list_flatten(lists)
    links = ids.of(pc.struct_field(linked, "trace_id"), pc.struct_field(linked, "span_id"))
    owner = np.concatenate([with_parent, pc.list_parent_indices(lists).to_numpy().astype(np.int64)])
    order = np.argsort(owner, kind="stable")
    values = pa.concat_arrays([parent.take(pa.array(with_parent)), links]).take(pa.array(order))
    via = np.repeat([PARENT_VIA, "span link"], [len(with_parent), len(links)])[order]
    count = len(values)
    members = [
        _constant("event_id", count),
        values.cast(_TEXT),
        pa.array(via, _TEXT),
        pa.array(np.zeros(count, dtype=np.int32)),
    ]
    sizes = np.bincount(owner, minlength=spans.num_rows)
    return _lists(sizes, pa.StructArray.from_arrays(members, fields=list(CAUSE))), sizes > 0


def _contexts(spans: pa.Table, trace: pa.Array) -> pa.Array:
    count = spans.num_rows
    members = [
        one_chunk(trace).cast(_TEXT),
        one_chunk(spans.column("span_id")).cast(_TEXT),
        one_chunk(spans.column("parent_id")).cast(_TEXT),
        pa.nulls(count, pa.bool_()),
        pa.nulls(count, _TEXT),
    ]
    return pa.StructArray.from_arrays(members, fields=list(TRACE))


def _errors(failed: Flags) -> pa.Array:
    kind = pa.repeat(pa.scalar("span error", _TEXT), len(failed))
    nothing = pa.nulls(len(failed), _TEXT)
    attempts = pa.nulls(len(failed), pa.int32())
    names = ["type", "message", "stage", "attempts"]
    return pa.StructArray.from_arrays([kind, nothing, nothing, attempts], names=names, mask=pa.array(~failed))


def _values(spans: pa.Table, own: pa.Array) -> pa.Array:
    """Give rows that share an id their content, so that the graph tells them apart as a collision; others are null."""
    repeated = np.flatnonzero(pd.Series(own.to_pandas()).duplicated(keep=False).to_numpy())
    texts = [repr(row).encode() for row in spans.take(pa.array(repeated)).to_pylist()]
    values = np.full(spans.num_rows, None, dtype=object)
    values[repeated] = texts
    return pa.array(values, pa.binary())
