"""Makes the ledger rows of a batch: source position, target and outcome of each record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.store.journal import LEDGER, SELECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model import Outcome
    from workbench.replay.plan.plan import Plan
    from workbench.replay.run.batch_writer import BatchEnd

ABORTED = "its transaction was aborted; nothing of it is visible"
UNSENT = "the run was stopped before it was sent"
NOT_THERE = "not on the target: its batch did not arrive"
TO_SEND_AGAIN = frozenset({ABORTED, UNSENT, NOT_THERE})
"""Reasons of ``skipped`` records that a resumed run sends; every other reason left them out for good."""


def ledger_rows(plan: Plan, seqs: Sequence[int], ends: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    """Return the rows of some seqs.

    Args:
        plan: The plan.
        seqs: Ascending.
        ends: The outcome columns of each seq.
    """
    records = plan.records
    sources = records.table.take(pa.array(seqs, pa.int64()))
    rows = [ends.get(seq, {}) for seq in seqs]
    chosen = np.asarray(seqs, np.int64)
    partitions = records.target_partitions[chosen]
    columns = {
        "seq": pa.array(seqs, pa.int64()),
        **{name: sources[name] for name in ("topic", "partition", "offset")},
        "body_sha256": pa.array([records.digests[seq] for seq in seqs], pa.binary()),
        "target_topic": pa.array([records.target_topics[seq] for seq in seqs], pa.string()),
        "target_partition": pa.array(partitions, pa.int32(), mask=partitions < 0),
        "new_event_id": pa.nulls(len(seqs), pa.string()),
    }
    for name in ("target_offset", "target_timestamp_ms", "outcome", "reason", "acked_at"):
        columns[name] = pa.array([row.get(name) for row in rows], LEDGER.field(name).type)
    return pa.table([columns[name] for name in LEDGER.names], schema=LEDGER)


def selection_rows(plan: Plan) -> pa.Table:
    """Return all records of the plan for the journal, from which a killed run is resumed."""
    records = plan.records
    partitions = records.target_partitions
    columns = {
        "seq": pa.array(np.arange(len(records)), pa.int64()),
        **{name: records.table[name] for name in ("source_id", "topic", "partition", "offset")},
        "body_sha256": pa.array(records.digests, pa.binary()),
        "target_topic": pa.array(records.target_topics, pa.string()),
        "target_partition": pa.array(partitions, pa.int32(), mask=partitions < 0),
    }
    return pa.table([columns[name] for name in SELECTION.names], schema=SELECTION)


def refused_rows(plan: Plan) -> pa.Table:
    """Return the rows of the records that the plan leaves out."""
    seqs = list(plan.left_out)
    return ledger_rows(plan, seqs, {seq: {"outcome": "refused", "reason": plan.left_out[seq]} for seq in seqs})


def settled_rows(plan: Plan, seqs: Sequence[int], end: BatchEnd, skipped: Mapping[int, str]) -> pa.Table:
    """Return the rows of a batch that has ended."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    by_seq = dict(zip(seqs, end.outcomes, strict=False))
    ends: dict[int, dict[str, Any]] = {}
    for seq in seqs:
        if seq in skipped:
            ends[seq] = {"outcome": "skipped", "reason": skipped[seq]}
        else:
            ends[seq] = _end(by_seq.get(seq), end, moment, transactional=plan.options.writer == "transactional")
    return ledger_rows(plan, seqs, ends)


def _end(outcome: Outcome | None, end: BatchEnd, moment: datetime, *, transactional: bool) -> dict[str, Any]:
    failed = outcome is not None and outcome.status == "failed"
    if end.state == "unknown" and (transactional or outcome is None or outcome.status == "unknown"):
        return {"outcome": "unknown", "reason": end.error}
    if end.state == "aborted" and not failed:
        return {"outcome": "skipped", "reason": ABORTED}
    if outcome is None:
        return {"outcome": "skipped", "reason": UNSENT}
    if failed:
        return {"outcome": "failed", "reason": str(outcome.error)}
    return {
        "outcome": "acked",
        "target_offset": outcome.offset if outcome.offset is not None and outcome.offset >= 0 else None,
        "target_timestamp_ms": outcome.timestamp_ms,
        "acked_at": moment,
    }
