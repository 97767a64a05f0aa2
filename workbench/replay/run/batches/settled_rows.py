"""Makes the ledger rows of a batch that has ended: the outcome of each of its records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.records.written import ACKED, FAILED, UNKNOWN
from workbench.replay.run.ledger_rows import ABORTED, UNSENT, outcome_rows
from workbench.store.journal import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.run.batches.writers import BatchEnd


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
