"""Reconciles an interrupted run with its target: settles what is in doubt, and tells what is still to be sent.

What must still hold is checked again: the right to write, the typed name of a protected target, its groups, and that
it is the same topic.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.errors import ReplayRefused
from workbench.model import TopicPartition
from workbench.replay.rules.guard import refusals
from workbench.replay.rules.planning_input import PlanningInput
from workbench.replay.run.admission import typed_names
from workbench.replay.run.execution import Remaining
from workbench.replay.run.interrupted.resolution import check_cluster, settle_from_target
from workbench.replay.run.ledger_rows import TO_SEND_AGAIN, outcome_rows
from workbench.replay.target.fetching import fetch_again
from workbench.store.journal import Settlement, Transaction

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.run.run_context import RunContext
    from workbench.replay.target.facts import TargetFacts
    from workbench.store.journal import Journal

Doubtful: TypeAlias = Literal["skip", "send"]
"""What becomes of a batch of which the target cannot tell whether it arrived."""

RESUMABLE = ("in_doubt", "stopped", "failed")
_CHECKED = frozenset({"G-3", "G-4", "G-6", "G-7"})
"""Refusals that are checked again. The others are about the selection and the age of the plan, or would find the run's
own topics and records."""
_LEFT_OUT = "left out by choice: whether it is on the target could not be told"


async def reconciled(context: RunContext, doubtful: Doubtful | None = None) -> Remaining:
    """Settle an interrupted run, and return the records that are still to be sent.

    Args:
        context: The run.
        doubtful: What to do with a batch of which the target cannot tell whether it arrived; without it that is
            refused.

    Raises:
        ReplayRefused: The run is in another state, its target changed, or what is in doubt cannot be told.
        BrokerUnavailableError: The cluster does not answer; the run is as it was.
    """
    plan, log, journal = context.plan, context.log, context.journal
    row = await asyncio.to_thread(journal.run, plan.run_id)
    if row.state not in RESUMABLE:
        raise _refused(plan, f"it is {row.state}")
    check_cluster(log, row)
    await _admit(context)
    unclear = await settle_from_target(log, journal, row, plan)
    if unclear is not None:
        if doubtful is None:
            choice = "doubtful='skip' leaves that batch out, doubtful='send' sends it again and may write it twice"
            raise _refused(plan, f"whether its last batch arrived cannot be told: {unclear}", f" Decide: {choice}.")
        if doubtful == "skip":
            await _leave_out(journal, plan.run_id)
    return await asyncio.to_thread(_remaining, plan, journal)


def _refused(plan: Plan, reason: str, way_out: str = "") -> ReplayRefused:
    return ReplayRefused(f"Run {plan.run_id} was not resumed: {reason}.{way_out}", reasons=[reason])


async def _admit(context: RunContext) -> None:
    plan, log, journal = context.plan, context.log, context.journal
    sources = plan.records.sources.values()
    facts = await fetch_again(log, plan.facts, sources, plan.records.table, connection=context.connection, journal=None)
    planned = _with_created(plan, facts)
    planning = PlanningInput(plan.records.with_facts(replace(facts, named=True)), planned, typed_names(context.target))
    reasons = [str(refusal) for refusal in await asyncio.to_thread(refusals, planning) if refusal.rule in _CHECKED]
    reasons += await _shortened(log, journal, plan.run_id)
    if reasons:
        raise ReplayRefused(f"Run {plan.run_id} was not resumed. {' '.join(reasons)}", reasons=reasons)


def _with_created(plan: Plan, found: TargetFacts) -> TargetFacts:
    """Return the planned facts, with the topics that the run itself created as they were to become."""
    topics = dict(plan.facts.topics)
    for topic in plan.records.new_topics:
        made, now = topic.facts(), found.topics[topic.name]
        # Its id was drawn by the broker when the run created it; the journaled offsets tell whether it is that topic.
        topics[topic.name] = replace(made, exists=True, topic_id=now.topic_id, config={**now.config, **made.config})
    return replace(plan.facts, topics=topics)


async def _shortened(log: RecordLog, journal: Journal, run_id: str) -> list[str]:
    """Name the partitions that end before what the run wrote: their topic was created again, or lost records."""
    rows = (await asyncio.to_thread(journal.positions, run_id)).to_pylist()
    least = {
        TopicPartition(at["target_topic"], at["target_partition"]): at["next_target_offset"] or at["start_offset"]
        for at in rows
    }
    ends = await log.offsets(least, "latest", isolation="read_uncommitted")
    return [
        f"G-7: {at} ends at {ends[at] or 0}, the run was at {offset}: the topic was created again or lost records."
        for at, offset in least.items()
        if (ends[at] or 0) < offset
    ]


async def _leave_out(journal: Journal, run_id: str) -> None:
    ledger = journal.ledger_of(run_id)
    seqs = (await asyncio.to_thread(lambda: ledger.rows(outcome="unknown")))["seq"].to_numpy()
    for batch in (await asyncio.to_thread(journal.transactions, run_id)).to_pylist():
        if batch["state"] == "unknown":
            own = seqs[(seqs >= batch["first_seq"]) & (seqs <= batch["last_seq"])]
            columns = {"outcome": pa.repeat("skipped", len(own)), "reason": pa.repeat(_LEFT_OUT, len(own))}
            transaction = Transaction(batch["lane_group"], batch["txn_no"], batch["first_seq"], batch["last_seq"])
            await asyncio.to_thread(
                journal.settle, run_id, Settlement(transaction, "unknown", outcome_rows(own, columns), again=True)
            )


def _remaining(plan: Plan, journal: Journal) -> Remaining:
    done, acked = journal.ledger_of(plan.run_id).settled(TO_SEND_AGAIN)
    settled = np.zeros(len(plan.records), bool)
    settled[done] = True
    waiting = plan.sent[~settled[plan.sent]]
    behind = np.zeros(len(waiting), bool)
    lanes = plan.records.lanes
    for lane in np.unique(lanes[waiting]).tolist():
        of_lane = acked[lanes[acked] == lane]
        if len(of_lane):
            # Sent now, it would come behind its successors.
            behind |= (lanes[waiting] == lane) & (waiting < of_lane.max())
    return Remaining(waiting[~behind], int(behind.sum()))
