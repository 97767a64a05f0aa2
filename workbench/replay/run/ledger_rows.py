"""Makes the ledger rows of a batch: source position, target and outcome of each record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.records.written import ACKED, FAILED, UNKNOWN
from workbench.replay.records.digest import digest_column
from workbench.store.journal import LEDGER, SELECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.batch_writer import BatchEnd

ABORTED = "its transaction was aborted; nothing of it is visible"
UNSENT = "the run was stopped before it was sent"
NOT_THERE = "not on the target: its batch did not arrive"
TO_SEND_AGAIN = frozenset({ABORTED, UNSENT, NOT_THERE})
"""Reasons of ``skipped`` records that a resumed run sends; every other reason left them out for good."""


def ledger_rows(plan: Plan, seqs: Longs, ends: Mapping[str, pa.Array]) -> pa.Table:
    """Return the rows of some seqs.

    Args:
        plan: The plan.
        seqs: Ascending.
        ends: Columns ``outcome``, ``reason``, and where they are known ``target_offset``, ``target_timestamp_ms`` and
            ``acked_at``.
    """
    given = {**_source_columns(plan, seqs), **ends}
    count = len(seqs)
    return pa.table([given.get(field.name, pa.nulls(count, field.type)) for field in LEDGER], schema=LEDGER)


def _source_columns(plan: Plan, seqs: Longs) -> dict[str, pa.Array]:
    records = plan.records
    names = ["source_id", "topic", "partition", "offset"]
    table = records.table.select(names).take(pa.array(seqs))
    partitions = records.target_partitions[seqs]
    return {
        "seq": pa.array(seqs),
        **{name: table[name] for name in names},
        "body_sha256": digest_column(records.digests[seqs]),
        "target_topic": records.target_topic_column(seqs),
        "target_partition": pa.array(partitions, mask=partitions < 0),
    }


def selection_rows(plan: Plan) -> pa.Table:
    """Return all records of the plan for the journal, from which a killed run is resumed."""
    columns = _source_columns(plan, np.arange(len(plan.records)))
    return pa.table([columns[name] for name in SELECTION.names], schema=SELECTION)


def refused_rows(plan: Plan) -> pa.Table:
    """Return the rows of the records that the plan leaves out."""
    seqs = np.fromiter(plan.left_out, np.int64, len(plan.left_out))
    reasons = pa.array(list(plan.left_out.values()), pa.string())
    return ledger_rows(plan, seqs, {"outcome": pa.repeat("refused", len(seqs)), "reason": reasons})


def settled_rows(plan: Plan, seqs: Longs, end: BatchEnd, skipped: Mapping[int, str]) -> pa.Table:
    """Return the rows of a batch that has ended."""
    count, written = len(seqs), end.written
    sent = len(written)
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
    return ledger_rows(plan, seqs, {"outcome": _text(outcome), "reason": _text(reason), **_acked(end, outcome)})


def _acked(end: BatchEnd, outcome: NDArray[np.object_]) -> dict[str, pa.Array]:
    count, sent = len(outcome), len(end.written)
    offsets, times = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    offsets[:sent], times[:sent] = end.written.offsets, end.written.timestamps
    others = np.asarray(outcome != "acked", bool)
    moment = datetime.now(UTC).replace(tzinfo=None)
    when = pa.repeat(pa.scalar(moment, LEDGER.field("acked_at").type), count)
    return {
        "target_offset": pa.array(offsets, mask=others | (offsets < 0)),
        "target_timestamp_ms": pa.array(times, mask=others),
        "acked_at": pc.if_else(pa.array(others), None, when),
    }


def _text(values: NDArray[np.object_]) -> pa.Array:
    return pa.array(values, pa.string())
