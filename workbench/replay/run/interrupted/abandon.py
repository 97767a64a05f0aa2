"""Abandons a run in doubt, and aborts the transaction that it may have left open on its target."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import ReplayRefused
from workbench.replay.run.batches.writers import transactional_id

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import Journal, RunRow


async def abandon_run(log: RecordLog, journal: Journal, run_id: str, *, by: str = "", reason: str = "") -> None:
    """Give up a run in doubt; its ledger stays, and its unknown rows stay unknown.

    A transaction that its process left open is aborted first, so that it no longer holds back readers of the target,
    and a twin process that still lives is fenced.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        run_id: A run in state ``in_doubt``.
        by: Who gives it up.
        reason: Why.

    Raises:
        ReplayRefused: The run wrote to another cluster, or is not in doubt.
    """
    row = await asyncio.to_thread(journal.run, run_id)
    reasons = []
    if row.state != "in_doubt":
        reasons.append(f"it is {row.state}")
    if row.target_cluster != log.cluster_id:
        reasons.append(f"it wrote to cluster {row.target_cluster}, this is {log.cluster_id}")
    if reasons:
        raise ReplayRefused(f"Run {run_id} was not abandoned: {'; '.join(reasons)}.", reasons=reasons)
    await fence(log, row)
    await asyncio.to_thread(journal.abandon, run_id, by=by, reason=reason)


async def fence(log: RecordLog, row: RunRow) -> None:
    """Abort a transaction that the process of a run left open, and fence that process if it still lives."""
    # InitProducerId, which opening sends, aborts a dangling transaction of this id and fences an older producer.
    if row.writer_mode == "transactional":
        async with log.writer(transactional_id=transactional_id(row.run_id)):
            pass
