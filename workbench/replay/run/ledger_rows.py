"""Makes the ledger of a run: its records with source and target, and rows of outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.buffers.mapped import release
from workbench.replay.records.digest import digest_column
from workbench.store.journal import EDITS, OUTCOMES, SELECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs

_PART_ROWS = 122_880
"""Records that are entered at once, a row group of DuckDB: it is written to its place, and not to the log before."""
_EDIT_ROWS = 1 << 14
"""Rewritten records that are made at once: each has a JSON text."""
ABORTED = "its transaction was aborted; nothing of it is visible"
UNSENT = "the run was stopped before it was sent"
NOT_THERE = "not on the target: its batch did not arrive"
TO_SEND_AGAIN = frozenset({ABORTED, UNSENT, NOT_THERE})
"""Reasons of ``skipped`` records that a resumed run sends; every other reason left them out for good."""


def selection_rows(plan: Plan) -> pa.RecordBatchReader:
    """Return all records of the plan for the journal, from which a killed run is resumed; in parts."""
    starts = range(0, len(plan.records), _PART_ROWS)
    parts = (_selected(plan, start, min(start + _PART_ROWS, len(plan.records))) for start in starts)
    batches = (batch for part in parts for batch in part.combine_chunks().to_batches())
    return pa.RecordBatchReader.from_batches(SELECTION, batches)


def _selected(plan: Plan, start: int, stop: int) -> pa.Table:
    records, seqs = plan.records, np.arange(start, stop)
    partitions = records.target_partitions[start:stop]
    source = records.table.select(["source_id", "topic", "partition", "offset"]).slice(start, stop - start)
    columns = {
        "seq": pa.array(seqs),
        **{name: source[name] for name in source.column_names},
        "body_sha256": digest_column(records.digests[start:stop]),
        "target_topic": records.target_topic_column(seqs),
        "target_partition": pa.array(partitions, mask=partitions < 0),
    }
    release()
    return pa.table([columns[name] for name in SELECTION.names], schema=SELECTION)


def edit_rows(plan: Plan) -> pa.RecordBatchReader:
    """Return the records whose body is not that of the source, with what was done to them; in parts."""
    rows = plan.records.rewritten.rewrites.rows
    parts = (_rewritten(plan, rows[at : at + _EDIT_ROWS]) for at in range(0, len(rows), _EDIT_ROWS))
    return pa.RecordBatchReader.from_batches(EDITS, parts)


def _rewritten(plan: Plan, rows: Longs) -> pa.RecordBatch:
    records = plan.records
    entries = list(records.rewritten.rewrites.entries(records.table, records.edits, rows))
    digests = (digest_column(found[rows]) for found in (records.source_digests, records.digests))
    columns = [pa.array(rows), pa.array(entries, pa.string()), *digests]
    release()
    return pa.RecordBatch.from_arrays(columns, schema=EDITS)


def refused_rows(plan: Plan) -> pa.Table:
    """Return the outcome of the records that the plan leaves out."""
    refused = plan.left_out
    columns = {"outcome": pa.repeat("refused", len(refused)), "reason": refused.rules.cast(pa.string())}
    return outcome_rows(refused.seqs, columns)


def outcome_rows(seqs: Longs, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Return a table of `OUTCOMES`; columns that are not given are null."""
    given = {"seq": pa.array(seqs), **columns}
    return pa.table([given.get(field.name, pa.nulls(len(seqs), field.type)) for field in OUTCOMES], schema=OUTCOMES)
