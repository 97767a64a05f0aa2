"""Reads the records of a snapshot at some positions together with what was decoded of them, in bounded memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.buffers.ascending import rows_ascend
from workbench.buffers.mapped import mapped_table, taken_table
from workbench.buffers.memory_pool import steady_allocation
from workbench.model.records.columns import EVENT, RECORD
from workbench.replay.draft import JOINED, with_decoded
from workbench.replay.record_positions import POSITION, position_keys
from workbench.store.file.connection import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.store.snapshot.sources import Source
    from workbench.store.snapshot.store import SnapshotStore

FEW_ROWS = 1_000
"""Records up to which one query finds them; it is also the first step where queries read more."""
STEP_BYTES = 12 << 20
"""About as many bytes are read by one query, which takes ten times as much memory."""
_MOST_ROWS, _LEAST_ROWS = 10_000, 16
_NAMED = ("cluster_id", "cluster", "topic")
_DECODED = tuple(name for name in JOINED if name not in POSITION)
_SCHEMA = pa.schema(
    [
        *RECORD,
        pa.field("source_id", pa.int32(), nullable=False),
        *(pa.field(name, pa.string()) for name in _NAMED),
        *(EVENT.field(name).with_nullable(True) for name in _DECODED),
    ]
)


def decoded_records(store: SnapshotStore, positions: pa.Table) -> pa.Table:
    """Return records with their decoded columns, in order of position; many are mapped from a file.

    Args:
        store: The snapshot.
        positions: Columns ``source_id``, ``partition``, ``offset``.

    Raises:
        SnapshotFormatError: A segment file is damaged or missing.
        StorageFullError: The disk of the temporary folder is full.
    """
    if not rows_ascend(positions, POSITION):
        positions = positions.sort_by([(name, "ascending") for name in POSITION])
    if positions.num_rows <= FEW_ROWS:
        return _queried(store, positions)
    # What was freed for one row group is used again for the next, and given back at the end.
    with steady_allocation(), translated(Path(tempfile.gettempdir())):
        return _in_order(mapped_table(_batches(store, positions), _SCHEMA))


def record_batches_at(store: SnapshotStore, positions: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield the records at some positions with their decoded columns, some at a time, in no order of all of them."""
    if not rows_ascend(positions, POSITION):
        positions = positions.sort_by([(name, "ascending") for name in POSITION])
    with steady_allocation():
        yield from _batches(store, positions)


def _batches(store: SnapshotStore, positions: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield batches of records of one partition each: first those of segments, as they are stored, then the others."""
    sources = {source.source_id: source for source in store.sources()}
    rows = store.paired_rows(positions, _DECODED)
    for batch in rows.batches():
        yield _named(batch, sources)
    rest, at, step = rows.rest, 0, FEW_ROWS
    while at < rest.num_rows:
        table = _queried(store, rest.slice(at, step))
        at += step
        yield from table.combine_chunks().to_batches()
        row_bytes = table.nbytes // max(1, table.num_rows)
        step = max(_LEAST_ROWS, min(_MOST_ROWS, STEP_BYTES // max(1, row_bytes)))


def _queried(store: SnapshotStore, positions: pa.Table) -> pa.Table:
    decoded = with_decoded(store.record_table(positions=positions), store.named_columns(JOINED, positions))
    return decoded.select(_SCHEMA.names).cast(_SCHEMA)


def _named(batch: pa.RecordBatch, sources: Mapping[int, Source]) -> pa.RecordBatch:
    """Append the names of the source, which all records of the batch have."""
    source = sources[batch.column("source_id")[0].as_py()]
    columns = {name: pa.repeat(pa.scalar(getattr(source, name), pa.string()), batch.num_rows) for name in _NAMED}
    arrays = [columns[name] if name in columns else batch.column(name) for name in _SCHEMA.names]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def _in_order(table: pa.Table) -> pa.Table:
    """Bring batches that ascend into the order of their positions, without a copy where they do not overlap."""
    batches = [batch for batch in table.to_batches() if batch.num_rows]
    batches.sort(key=lambda batch: [batch.column(name)[0].as_py() for name in POSITION])
    ordered = pa.Table.from_batches(batches, table.schema)
    if rows_ascend(ordered, POSITION):
        return ordered
    return taken_table(ordered, position_keys(ordered).argsort(kind="stable"))
