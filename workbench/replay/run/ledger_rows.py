"""Makes the ledger of a run: its records with source and target, and of each batch the outcome of each record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import release
from workbench.model.records.written import ACKED, FAILED, UNKNOWN
from workbench.replay.records.digest import digest_column
from workbench.store.journal import EDITS, OUTCOMES, SELECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.batch_writer import BatchEnd

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


def settled_rows(plan: Plan, seqs: Longs, end: BatchEnd, skipped: Mapping[int, str]) -> pa.Table:
    """Return the outcome of each record of a batch that has ended."""
    count, written = len(seqs), end.written
    sent = len(written)
    if end.state == "committed" and written.acked == count and not skipped:
        outcomes = pa.repeat("acked", count)
        return outcome_rows(seqs, {"outcome": outcomes, **_acked(end, np.ones(count, bool))})
    outcome = np.full(count, "skipped", dtype=object)
    reason = np.full(count, UNSENT, dtype=object)
    states = written.states
    if end.state == "unknown":
        # In a transaction that may have been committed or not, acknowledgements tell nothing.
        whole = plan.options.writer == "transactional"
        doubtful = np.flatnonzero(np.ones(sent, bool) if whole else states == UNKNOWN)
        outcome[doubtful], reason[doubtful] = "unknown", end.error
        outcome[sent:], reason[sent:] = "unknown", end.error
        decided = np.empty(0, np.int64) if whole else np.flatnonzero(states != UNKNOWN)
    else:
        decided = np.arange(sent)
        if end.state == "aborted":
            outcome[:], reason[:] = "skipped", ABORTED
            decided = np.flatnonzero(states == FAILED)
    acked, failed = decided[states[decided] == ACKED], decided[states[decided] == FAILED]
    outcome[acked], reason[acked] = "acked", None
    outcome[failed] = "failed"
    reason[failed] = [str(written.errors.get(row, "")) for row in failed.tolist()]
    for row in np.flatnonzero(np.isin(seqs, list(skipped))).tolist() if skipped else ():
        outcome[row], reason[row] = "skipped", skipped[int(seqs[row])]
    return outcome_rows(seqs, {"outcome": _text(outcome), "reason": _text(reason), **_acked(end, outcome == "acked")})


def _acked(end: BatchEnd, acked: NDArray[np.bool_]) -> dict[str, pa.Array]:
    count, sent = len(acked), len(end.written)
    offsets, times = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    offsets[:sent], times[:sent] = end.written.offsets, end.written.timestamps
    others = ~acked
    moment = datetime.now(UTC).replace(tzinfo=None)
    when = pa.repeat(pa.scalar(moment, OUTCOMES.field("acked_at").type), count)
    return {
        "target_offset": pa.array(offsets, mask=others | (offsets < 0)),
        "target_timestamp_ms": pa.array(times, mask=others),
        "acked_at": when if acked.all() else pc.if_else(pa.array(acked), when, None),
    }


def _text(values: NDArray[np.object_]) -> pa.Array:
    return pa.array(values, pa.string())
