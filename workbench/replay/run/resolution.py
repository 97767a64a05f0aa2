"""Settles a run in doubt: fences its writer, reads its target, and enters what arrived.

The target tells which records of the batch in doubt are there, because each carries the run id and its seq. Nothing is
sent. What cannot be told from the target stays in doubt.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ReplayRefused
from workbench.replay.proof.expected import ExpectedRecords
from workbench.replay.proof.ledger import LedgerRows
from workbench.replay.proof.verification import read_back
from workbench.replay.run.abandon import fence
from workbench.store.journal import LEDGER
from workbench.store.journal.runs import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.replay.proof.arrivals import Arrival
    from workbench.store.journal import Journal, RunRow

_NOT_THERE = "not on the target: its batch did not arrive"


async def resolve_run(log: RecordLog, journal: Journal, run_id: str) -> str:
    """Settle a run in doubt, and return its new state.

    ``done`` when every planned record is settled, ``stopped`` when some were never sent, ``in_doubt`` when the target
    cannot tell.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        run_id: A run in state ``in_doubt``.

    Raises:
        ReplayRefused: The run wrote to another cluster.
    """
    row = await asyncio.to_thread(journal.run, run_id)
    if row.target_cluster != log.cluster_id:
        reason = f"it wrote to cluster {row.target_cluster}, this is {log.cluster_id}"
        raise ReplayRefused(f"Run {run_id} was not settled: {reason}.", reasons=[reason])
    await fence(log, row)
    rows = await asyncio.to_thread(journal.ledger, run_id)
    expected = ExpectedRecords.of_journal(row, rows)
    unknown = rows.filter(pc.equal(rows["outcome"], "unknown"))
    whole = rows.num_rows == row.plan["document"]["records"]
    if unknown.num_rows:
        arrivals = await read_back(log, journal, expected, LedgerRows.of(rows))
        found = {arrival.seq: arrival for arrival in arrivals.found}
        if not expected.marked or arrivals.gaps or len(found) != len(arrivals.found):
            return "in_doubt"
        if not await _settle(journal, row, unknown, found):
            return "in_doubt"
        whole = whole and set(unknown["seq"].to_pylist()) <= found.keys()
    state = "done" if whole else "stopped"
    await asyncio.to_thread(journal.finish, run_id, state, error="settled from what is on the target")
    return state


async def _settle(journal: Journal, row: RunRow, unknown: pa.Table, found: Mapping[int, Arrival]) -> bool:
    """Enter the outcome of each batch in doubt; returns False where a transaction is there in part."""
    seqs = unknown["seq"].to_pylist()
    batches = (await asyncio.to_thread(journal.transactions, row.run_id)).to_pylist()
    settled = []
    for batch in (batch for batch in batches if batch["state"] in ("unknown", "intent")):
        own = [seq for seq in seqs if batch["first_seq"] <= seq <= batch["last_seq"]]
        there = [seq for seq in own if seq in found]
        if row.writer_mode == "transactional" and there and len(there) != len(own):
            return False
        settled.append((batch, own, "committed" if there else "aborted"))
    for batch, own, state in settled:
        transaction = Transaction(batch["lane_group"], batch["txn_no"], batch["first_seq"], batch["last_seq"])
        rows = unknown.filter(pc.is_in(unknown["seq"], pa.array(own, pa.int64())))
        await asyncio.to_thread(journal.settle, row.run_id, transaction, state, arrived_rows(rows, found))
    return True


def arrived_rows(rows: pa.Table, found: Mapping[int, Arrival]) -> pa.Table:
    """Enter into ledger rows what was found on the target: ``acked`` with its offset, or ``skipped``."""
    entered = []
    for row in rows.to_pylist():
        arrival = found.get(row["seq"])
        if arrival is None:
            entered.append({**row, "outcome": "skipped", "reason": _NOT_THERE})
        else:
            there = {"target_offset": arrival.offset, "target_timestamp_ms": arrival.timestamp_ms}
            entered.append({**row, **there, "outcome": "acked", "reason": "found on the target"})
    return pa.Table.from_pylist(entered, schema=LEDGER)
