"""Joins spans and records: which span produced a record, and which received it (`docs/tracing.md` 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.resolution.spans import SPAN_COLUMNS, SpanLinks

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints

_RECEIVING = ("process", "receive", "deliver", "consume")
_MOST_STEPS = 64
"""Steps up through parents, from the span that produced a record to the span that received its cause."""


def join_rows(spans: pa.Table, records: pa.Table) -> SpanLinks:
    """Find which spans produced and received which records.

    Args:
        spans: Columns of `workbench.tracing.spans.columns.SPAN`, the last rows of the joined table.
        records: An event table with ``trace``, ``topic``, ``partition`` and ``offset``, its first rows.
    """
    first = records.num_rows
    producer, produced = _produced(spans, records)
    consumed, consumer = _received(spans, records, producer, produced)
    return SpanLinks(producer + first, produced, consumed, consumer + first)


def span_causes(spans: pa.Table, records: pa.Table) -> pa.Table:
    """Find, for each span that produced a record, the records that caused it; for graphs without nodes for spans.

    From the producing span the walk goes up through parents; the first span that received a record decides.

    Returns:
        ``span_id``, ``topic``, ``partition``, ``offset``, as `workbench.tracing.graph.build_graph` takes them.
    """
    producer, produced = _produced(spans, records)
    consumed, consumer = _received(spans, records, producer, produced)
    receives = _is_receiving(spans)
    receives[consumer] = True
    parent = _parents(spans)
    starts = np.unique(producer)
    at = starts.copy()
    for _ in range(_MOST_STEPS):
        going = (at >= 0) & ~receives[at]
        if not going.any():
            break
        at = np.where(going, parent[at], at)
    found = pd.DataFrame({"start": starts, "consumer": np.where((at >= 0) & receives[at], at, -1)})
    met = found.merge(pd.DataFrame({"consumer": consumer, "record": consumed}), on="consumer")
    rows = records.take(pa.array(met["record"].to_numpy(np.int64)))
    names = spans.column("span_id").take(pa.array(met["start"].to_numpy(np.int64)))
    columns = {"span_id": names, **{name: rows.column(name) for name in SPAN_COLUMNS[1:]}}
    return pa.table(columns).combine_chunks()


def _frame(spans: pa.Table, *names: str) -> pd.DataFrame:
    frame: pd.DataFrame = spans.select(list(names)).to_pandas()
    return frame.assign(span=np.arange(len(frame)))


def _produced(spans: pa.Table, records: pa.Table) -> tuple[Ints, Ints]:
    """Pair each record with the span that its trace context names."""
    context = records.column("trace").combine_chunks()
    named = pd.DataFrame(
        {
            "trace_id": pc.struct_field(context, "trace_id").to_pandas(),
            "span_id": pc.struct_field(context, "span_id").to_pandas(),
            "record": np.arange(records.num_rows),
        },
    ).dropna(subset=["trace_id", "span_id"])
    met = named.merge(_frame(spans, "trace_id", "span_id"), on=["trace_id", "span_id"])
    return met["span"].to_numpy(np.int64), met["record"].to_numpy(np.int64)


def _received(spans: pa.Table, records: pa.Table, producer: Ints, produced: Ints) -> tuple[Ints, Ints]:
    """Pair records with the spans that received them: by position, else by the producing spans they hang on."""
    receiving = _is_receiving(spans)
    wanted = _frame(spans, "topic", "partition", "offset")[receiving].dropna()
    places = records.select(["topic", "partition", "offset"]).to_pandas().assign(record=np.arange(records.num_rows))
    by_position = wanted.astype({"partition": "int64", "offset": "int64"}).merge(
        places, on=["topic", "partition", "offset"]
    )
    rest = receiving.copy()
    rest[by_position["span"].to_numpy(np.int64)] = False
    above = _above(spans)
    above = above[rest[above["span"].to_numpy(np.int64)]]
    by_producer = above.merge(pd.DataFrame({"above": producer, "record": produced}), on="above")
    pairs = pd.concat([by_position[["record", "span"]], by_producer[["record", "span"]]]).drop_duplicates()
    return pairs["record"].to_numpy(np.int64), pairs["span"].to_numpy(np.int64)


def _is_receiving(spans: pa.Table) -> Flags:
    kind = pc.equal(spans.column("kind"), "consumer").fill_null(False)
    operation = pc.is_in(spans.column("operation"), value_set=pa.array(_RECEIVING, pa.large_string()))
    marked: Flags = np.array(pc.or_(kind, operation).to_numpy(zero_copy_only=False))
    return marked


def _above(spans: pa.Table) -> pd.DataFrame:
    """List the parent and the links of each span as row numbers: span, above."""
    parents = _frame(spans, "trace_id", "parent_id").rename(columns={"parent_id": "span_id"})
    lists = spans.column("links").combine_chunks()
    linked = pc.list_flatten(lists)
    links = pd.DataFrame(
        {
            "trace_id": pc.struct_field(linked, "trace_id").to_pandas(),
            "span_id": pc.struct_field(linked, "span_id").to_pandas(),
            "span": pc.list_parent_indices(lists).to_numpy(),
        },
    )
    wanted = pd.concat([parents, links]).dropna(subset=["span_id"])
    known = _frame(spans, "trace_id", "span_id").rename(columns={"span": "above"})
    return wanted.merge(known, on=["trace_id", "span_id"])[["span", "above"]]


def _parents(spans: pa.Table) -> Ints:
    parents = _frame(spans, "trace_id", "parent_id").dropna(subset=["parent_id"])
    known = _frame(spans, "trace_id", "span_id").rename(columns={"span": "above", "span_id": "parent_id"})
    met = parents.merge(known.drop_duplicates(["trace_id", "parent_id"]), on=["trace_id", "parent_id"])
    parent = np.full(spans.num_rows, -1, dtype=np.int64)
    parent[met["span"].to_numpy(np.int64)] = met["above"].to_numpy(np.int64)
    return parent
