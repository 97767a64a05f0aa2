"""Rewrites the records of a plan: edits, new ids, schema ids, trace context and removed headers, in this order.

What is not asked for costs nothing: without any of it the planned records are the selected ones, in the same memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.rows import header_column
from workbench.replay.rewriting.edits import POSITION_COLUMNS, edited
from workbench.replay.rewriting.fields import is_strict, touched
from workbench.replay.rewriting.id_map import IdMap
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.new_ids import rename
from workbench.replay.rewriting.record_reader import reader_of
from workbench.replay.rewriting.removed_headers import without
from workbench.replay.rewriting.schema_ids import schema_id, with_schema_id
from workbench.replay.rewriting.trace_context import is_trace_header, with_trace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from workbench.model import HeaderList
    from workbench.replay.options import Options
    from workbench.replay.rewriting.edits import Edits
    from workbench.replay.rewriting.record_reader import RecordReader

TEXTS = ("original_event_id", "original_correlation_id", "boundary_cause", "original_traceparent")
"""Columns of what a rewritten record had before; its provenance headers carry it."""


@dataclass
class Rewrites:
    """What was rewritten, by row."""

    edits: dict[int, Sequence[dict[str, Any]]] = field(default_factory=dict)
    renamed: dict[int, str | None] = field(default_factory=dict)
    """The new event id of each record that has new ids; None where the event has none."""
    schema_ids: set[int] = field(default_factory=set)
    traces: set[int] = field(default_factory=set)
    detached: dict[int, str] = field(default_factory=dict)
    """Causes outside the selection that were removed."""
    removed_headers: tuple[str, ...] = ()
    problems: dict[int, str] = field(default_factory=dict)
    """Why a record could not be rewritten; it is refused (G-27)."""
    locked: dict[int, list[str]] = field(default_factory=dict)
    """Locked fields that an edit changes."""
    added: dict[int, list[str]] = field(default_factory=dict)
    """Members that an edit adds to a body whose readers refuse unknown ones."""
    sensitive: dict[int, list[str]] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """All rows whose body is not that of the source, ascending."""
        return sorted({*self.edits, *self.renamed, *self.schema_ids, *self.traces})


@dataclass(frozen=True)
class RewrittenRecords:
    """The records as they are planned."""

    table: pa.Table
    rewrites: Rewrites


def rewrite(
    table: pa.Table, options: Options, run_id: str, edits: Edits, readers: Mapping[int, RecordReader]
) -> RewrittenRecords:
    """Rewrite the records of a plan.

    Args:
        table: The selected records in seq order.
        options: Options of the plan.
        run_id: The run, from which new ids follow.
        edits: The edits of the draft.
        readers: What reads the records of each source, by source id.
    """
    rows = _rows_to_rewrite(table, options, edits)
    rewrites = Rewrites()
    if len(rows):
        table = _Rewriter(table, options, run_id, edits, rewrites=rewrites, readers=readers).rewritten(rows)
    if options.headers == "clean":
        headers, names = without(table["headers"].combine_chunks(), options.clean_headers)
        rewrites.removed_headers = tuple(names)
        table = _replaced(table, {"headers": headers})
    return RewrittenRecords(table, rewrites)


def _rows_to_rewrite(table: pa.Table, options: Options, edits: Edits) -> np.ndarray[Any, np.dtype[np.int64]]:
    count = table.num_rows
    if options.ids == "new":
        return np.arange(count)
    chosen = np.zeros(count, bool)
    if edits.patches or edits.problems:
        wanted = {*edits.patches, *edits.problems}
        places = zip(*(table[name].to_pylist() for name in POSITION_COLUMNS), strict=True)
        chosen |= np.fromiter((at in wanted for at in places), bool, count)
    if isinstance(options.schema_ids, tuple):
        chosen |= pc.fill_null(pc.starts_with(table["value"], b"\x00"), False).to_numpy()
    if options.trace_policy != "keep":
        chosen |= _with_traces(table["headers"], count)
    return np.flatnonzero(chosen)


def _with_traces(headers: pa.ChunkedArray, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    column = headers.combine_chunks()
    names = column.flatten().field("name")
    wanted = [name for name in pc.unique(names).to_pylist() if is_trace_header(name)]
    marked = np.zeros(count, bool)
    rows = pc.list_parent_indices(column).filter(pc.is_in(names, pa.array(wanted, pa.binary())))
    marked[rows.to_numpy()] = True
    return marked


class _Rewriter:
    """Rewrites single records, and joins them with those that stay."""

    def __init__(
        self,
        table: pa.Table,
        options: Options,
        run_id: str,
        edits: Edits,
        *,
        rewrites: Rewrites,
        readers: Mapping[int, RecordReader],
    ) -> None:
        self._table, self._options, self._run_id = table, options, run_id
        self._edits, self._readers, self._rewrites = edits, readers, rewrites
        self._ids = IdMap(run_id, options.boundary)  # type: ignore[arg-type]  # one of its words, checked by the options
        self._texts: dict[str, dict[int, str | None]] = {name: {} for name in (*TEXTS, "correlation_id")}

    def rewritten(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
        names = [*POSITION_COLUMNS, "topic", "value", "headers"]
        chosen = self._table.select(names).take(pa.array(rows)).to_pylist()
        for record in chosen:
            record["headers"] = tuple((one["name"], one["value"]) for one in record["headers"])
        if self._options.ids == "new":
            for record in chosen:
                reader = reader_of(self._readers, record["source_id"], record["topic"])
                self._ids.note(reader.ids(record["headers"], record["value"]))
        values, headers = {}, {}
        for row, record in zip(rows.tolist(), chosen, strict=True):
            try:
                values[row], headers[row] = self._one(row, record)
            except NotRewritable as reason:
                self._rewrites.problems[row] = str(reason)
                values[row], headers[row] = record["value"], record["headers"]
        return self._joined(values, headers)

    def _one(self, row: int, record: Mapping[str, Any]) -> tuple[bytes | None, HeaderList]:
        at = tuple(record[name] for name in POSITION_COLUMNS)
        value, headers = record["value"], record["headers"]
        reader = reader_of(self._readers, record["source_id"], record["topic"])
        if at in self._edits.problems:
            raise NotRewritable(self._edits.problems[at])
        if at in self._edits.patches:
            value, headers = self._edit(row, reader, headers, value, self._edits.patches[at])
        if self._options.ids == "new":
            done = rename(reader, headers, value, self._ids, also=self._options.also)
            headers, value = done.headers, done.value
            self._rewrites.renamed[row] = done.event_id
            if done.detached is not None:
                self._rewrites.detached[row] = done.detached
            self._note(row, done.original_event_id, done.original_correlation_id, done.detached)
            self._texts["correlation_id"][row] = done.correlation_id
        if isinstance(self._options.schema_ids, tuple) and schema_id(value) is not None:
            value = with_schema_id(value, dict(self._options.schema_ids))
            self._rewrites.schema_ids.add(row)
        traced, parent = with_trace(headers, self._options.trace_policy, self._run_id)  # type: ignore[arg-type]  # as above
        if traced != headers:
            self._rewrites.traces.add(row)
        if parent is not None:
            self._texts["original_traceparent"][row] = parent.decode("utf-8", "replace")
        return value, traced

    def _note(self, row: int, *texts: str | None) -> None:
        for name, text in zip(TEXTS, texts, strict=False):
            self._texts[name][row] = text

    def _edit(
        self,
        row: int,
        reader: RecordReader,
        headers: HeaderList,
        value: bytes | None,
        patch: Sequence[dict[str, Any]],
    ) -> tuple[bytes | None, HeaderList]:
        after, changed = edited(reader, value, headers, patch)
        if after == value and changed == headers:
            return value, headers
        self._rewrites.edits[row] = patch
        locked, sensitive = touched(reader, (value, headers), (after, changed))
        if locked:
            self._rewrites.locked[row] = locked
        if sensitive:
            self._rewrites.sensitive[row] = sensitive
        convention = self._table["convention"][row].as_py() if "convention" in self._table.column_names else None
        if after != value and is_strict(convention):
            old, new = reader.body(headers, value).tree, reader.body(changed, after).tree
            added = sorted(new.keys() - old.keys()) if isinstance(old, dict) and isinstance(new, dict) else []
            if added:
                self._rewrites.added[row] = added
        return after, changed

    def _joined(self, values: Mapping[int, bytes | None], headers: Mapping[int, HeaderList]) -> pa.Table:
        columns = {
            "value": _spliced(self._table["value"], values, lambda given: pa.array(given, pa.binary())),
            "headers": _spliced(self._table["headers"], headers, header_column),
        }
        for name, texts in self._texts.items():
            if texts and name != "correlation_id":
                count = self._table.num_rows
                columns[name] = pa.array([texts.get(row) for row in range(count)], pa.string())
        if self._texts["correlation_id"] and "correlation_id" in self._table.column_names:
            old = self._table["correlation_id"]
            columns["correlation_id"] = _spliced(
                old, self._texts["correlation_id"], lambda given: pa.array(given, old.type)
            )
        return _replaced(self._table, columns)


def _spliced(column: pa.ChunkedArray, changed: Mapping[int, Any], make: Any) -> pa.ChunkedArray:
    """Return a column with some rows replaced; the others are not made into objects."""
    made = make(list(changed.values()))
    source = np.arange(len(column))
    source[np.fromiter(changed, np.int64, len(changed))] = len(column) + np.arange(len(changed))
    return pa.chunked_array([*column.chunks, made.cast(column.type)]).take(pa.array(source))


def _replaced(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    for name, column in columns.items():
        at = table.schema.get_field_index(name)
        table = table.append_column(name, column) if at < 0 else table.set_column(at, table.schema.field(at), column)
    return table


def edit_entries(rewrites: Rewrites, rows: Collection[int]) -> list[dict[str, Any]]:
    """Return what was done to some rows, as the journal keeps it."""
    entries = []
    for row in rows:
        what = [
            name
            for name, done in (
                ("edit", rewrites.edits),
                ("ids", rewrites.renamed),
                ("schema id", rewrites.schema_ids),
                ("trace", rewrites.traces),
            )
            if row in done
        ]
        entries.append({"what": what, "patch": rewrites.edits.get(row), "new_event_id": rewrites.renamed.get(row)})
    return entries
