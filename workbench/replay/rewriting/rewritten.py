"""Rewrites the records of a plan: edits, new ids, schema ids, trace context and removed headers, in this order.

What is not asked for costs nothing: without any of it the planned records are the selected ones, in the same memory.
Records are rewritten some at a time, into a table that is mapped when it is large.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of, mapped_table
from workbench.bus.rows import header_column
from workbench.replay.record_positions import POSITION
from workbench.replay.rewriting.id_map import IdMap
from workbench.replay.rewriting.record_reader import reader_of
from workbench.replay.rewriting.removed_headers import without
from workbench.replay.rewriting.rewrites import Rewrites
from workbench.replay.rewriting.rewritten_part import TEXTS, RewrittenPart, Rules
from workbench.replay.rewriting.trace_context import is_trace_header
from workbench.tasks import check_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from workbench.replay.options import Options
    from workbench.replay.rewriting.kept_edits import Edits
    from workbench.replay.rewriting.record_reader import RecordReader

    Flags = np.ndarray[Any, np.dtype[np.bool_]]

_STEP_ROWS = 2_000
"""Records that are objects of Python at once."""
_BATCH_ROWS = 10_000
"""Records of a batch: what is sent lies in one of them mostly, and is not copied then."""
_NEW_EVENT_ID = "new_event_id"


@dataclass(frozen=True)
class RewrittenRecords:
    """The records as they are planned."""

    table: pa.Table
    rewrites: Rewrites


def rewrite(
    table: pa.Table,
    options: Options,
    run_id: str,
    edits: Edits,
    readers: Mapping[int, RecordReader],
    *,
    left_out: NDArray[np.int64],
) -> RewrittenRecords:
    """Rewrite the records of a plan.

    Args:
        table: The selected records in seq order.
        options: Options of the plan.
        run_id: The run, from which new ids follow.
        edits: The edits of the draft.
        readers: What reads the records of each source, by source id.
        left_out: Rows that are not sent: a cause among them is none of the selection.
    """
    rewrites = Rewrites.none(table.num_rows)
    if options.ids == "new" or edits.any or isinstance(options.schema_ids, tuple) or options.trace_policy != "keep":
        rewriter = _Rewriter(table, options, run_id, edits, rewrites=rewrites, readers=readers, left_out=left_out)
        table = rewriter.rewritten()
    if options.headers == "clean":
        names: set[str] = set()
        cleaned = mapped_table(_cleaned(table, options, names), table.schema)
        rewrites.removed_headers, table = tuple(sorted(names)), cleaned
    return RewrittenRecords(table, rewrites)


def _cleaned(table: pa.Table, options: Options, names: set[str]) -> Iterator[pa.RecordBatch]:
    at = table.schema.get_field_index("headers")
    for batch in batches_of(table):
        headers, gone = without(batch.column(at), options.clean_headers)
        names.update(gone)
        yield batch.set_column(at, table.schema.field(at), headers)


class _Rewriter:
    """Rewrites the records that are to be, and leaves the others as they are."""

    def __init__(
        self,
        table: pa.Table,
        options: Options,
        run_id: str,
        edits: Edits,
        *,
        rewrites: Rewrites,
        readers: Mapping[int, RecordReader],
        left_out: NDArray[np.int64],
    ) -> None:
        self._left_out = left_out
        self._table, self._options, self._edits = table, options, edits
        self._readers, self._rewrites = readers, rewrites
        ids = IdMap(run_id, options.boundary)  # type: ignore[arg-type]  # one of its words, checked by the options
        self._rules = Rules(options, run_id, edits, ids)

    def rewritten(self) -> pa.Table:
        """Return the records as they are planned, with what they had before in the columns `TEXTS`."""
        if self._options.ids == "new":
            self._rules.ids.note(self._events())
        schema = self._table.schema
        for name in (*TEXTS, _NEW_EVENT_ID):
            schema = schema.append(pa.field(name, pa.string()))
        table = mapped_table(_joined(self._batches(schema), schema), schema)
        self._rewrites.new_event_ids = table[_NEW_EVENT_ID] if self._options.ids == "new" else None
        return table.drop_columns([_NEW_EVENT_ID, *(name for name in TEXTS if not self._needs(name))])

    def _needs(self, name: str) -> bool:
        if name == "original_traceparent":
            return self._options.trace_policy == "renew"
        return self._options.ids == "new"

    def _parts(self, names: list[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield batches of some size, and the number of their first row."""
        first = 0
        for whole in batches_of(self._table if names is None else self._table.select(names)):
            for start in range(0, whole.num_rows, _STEP_ROWS):
                check_stopped()
                batch = whole.slice(start, _STEP_ROWS)
                yield first, batch
                first += batch.num_rows

    def _of_sources(self, batch: pa.RecordBatch) -> Iterator[tuple[RecordReader, np.ndarray[Any, np.dtype[np.int64]]]]:
        """Yield the reader and the rows of each source."""
        numbers = batch.column("source_id").to_numpy()
        for number in np.unique(numbers).tolist():
            rows = np.flatnonzero(numbers == number)
            yield reader_of(self._readers, number, batch.column("topic")[int(rows[0])].as_py()), rows

    def _events(self) -> Iterator[pa.RecordBatch]:
        for first, batch in self._parts(["source_id", "topic", "partition", "offset", "key", "value", "headers"]):
            for reader, own in self._of_sources(batch):
                rows = own[~np.isin(first + own, self._left_out)] if len(self._left_out) else own
                yield reader.events(batch.take(pa.array(rows)))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for first, batch in self._parts():
            chosen = _chosen(batch, self._options, self._edits)
            columns: dict[str, Any] = {name: pa.nulls(batch.num_rows, pa.string()) for name in (*TEXTS, _NEW_EVENT_ID)}
            for reader, own in self._of_sources(batch):
                rows = own[chosen[own]]
                if not len(rows):
                    continue
                part = RewrittenPart(batch.take(pa.array(rows)), reader, self._rules)
                part.note(self._rewrites, first + rows)
                for name, (given, kind) in part.columns().items():
                    if name in schema.names:
                        former = columns.get(name)
                        column = batch.column(name) if former is None else former
                        columns[name] = _spliced(column, rows, given, kind)
            yield pa.RecordBatch.from_arrays(
                [columns[name] if name in columns else batch.column(name) for name in schema.names], schema=schema
            )


def _joined(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    steps = _BATCH_ROWS // _STEP_ROWS
    while held := list(itertools.islice(batches, steps)):
        yield from pa.Table.from_batches(held, schema).combine_chunks().to_batches()


def _chosen(batch: pa.RecordBatch, options: Options, edits: Edits) -> Flags:
    """Tell which records are rewritten."""
    count = batch.num_rows
    if options.ids == "new":
        return np.ones(count, bool)
    chosen = np.zeros(count, bool)
    if edits.any:
        for found in edits.found(batch.select(POSITION)):
            chosen |= found.is_valid().to_numpy(zero_copy_only=False)
    if isinstance(options.schema_ids, tuple):
        framed = pc.fill_null(pc.starts_with(batch.column("value"), b"\x00"), False)
        chosen |= framed.to_numpy(zero_copy_only=False)
    if options.trace_policy != "keep":
        chosen |= _with_traces(batch.column("headers"))
    return chosen


def _with_traces(headers: pa.Array) -> Flags:
    names = headers.flatten().field("name")
    wanted = [name for name in pc.unique(names).to_pylist() if is_trace_header(name)]
    marked = np.zeros(len(headers), bool)
    rows = pc.list_parent_indices(headers).filter(pc.is_in(names, pa.array(wanted, pa.binary())))
    marked[rows.to_numpy()] = True
    return marked


def _spliced(column: pa.Array, rows: Any, given: list[Any], kind: str) -> pa.Array:
    """Return a column with some rows replaced; the others are not made into objects."""
    made = header_column(given) if kind == "headers" else pa.array(given, column.type)
    if len(rows) == len(column):
        return made.cast(column.type)
    source = np.arange(len(column))
    source[rows] = len(column) + np.arange(len(rows))
    both = pa.chunked_array([column, made.cast(column.type)])
    return both.take(pa.array(source)).combine_chunks()
