"""Deletes a topic that a run created, unless somebody else has to do with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import ReplayRefused
from workbench.model import TopicPartition
from workbench.replay.proof.arrivals import Picker, arrivals
from workbench.replay.proof.report import DELETED
from workbench.replay.target.fetching import topic_facts
from workbench.text import counted

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import Journal, RunRow


async def delete_created(
    log: RecordLog, journal: Journal, run_id: str, *, topic: str, by: str = "", reason: str = ""
) -> None:
    """Delete a topic that a run created, if it contains only records of that run.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        run_id: The run.
        topic: Physical name, typed.
        by: Who, for the audit.
        reason: Why, for the audit.

    Raises:
        ReplayRefused: The run did not create it, is still under way, others wrote to it, or a group reads it.
    """
    row = await asyncio.to_thread(journal.run, run_id)
    reasons = _not_ours(row, topic, log.cluster_id) or await _in_use(log, journal, run_id, topic)
    if reasons:
        raise ReplayRefused(f"{topic} was not deleted: {'; '.join(reasons)}.", reasons=reasons)
    await log.delete_topic(topic)
    await asyncio.to_thread(
        journal.audit,
        run_id,
        action=DELETED,
        who=by,
        reason=reason,
        cluster=log.cluster_id,
        topic=topic,
        result="done",
    )


def _not_ours(row: RunRow, topic: str, cluster_id: str) -> list[str]:
    reasons = []
    if topic not in row.plan["document"]["target"].get("create", {}):
        reasons.append(f"run {row.run_id} did not create {topic}")
    if row.state in ("planned", "confirmed", "running"):
        reasons.append(f"the run is {row.state}")
    if row.target_cluster != cluster_id:
        reasons.append(f"the run wrote to cluster {row.target_cluster}, this is {cluster_id}")
    return reasons


async def _in_use(log: RecordLog, journal: Journal, run_id: str, topic: str) -> list[str]:
    facts = (await topic_facts(log, [topic]))[topic]
    if not facts.exists:
        return ["it does not exist"]
    reasons = []
    others = await _records_of_others(log, journal, run_id, topic)
    if others:
        reasons.append(f"it has {counted(others, 'record')} that the ledger of this run does not have")
    groups = [group for group in await log.groups() if any(at.topic == topic for at in await log.committed(group))]
    reasons += [f"group {group} has committed offsets on it" for group in groups]
    return reasons


async def _records_of_others(log: RecordLog, journal: Journal, run_id: str, topic: str) -> int:
    picker = Picker(run_id, journal.ledger_of(run_id), marked=False)
    partitions = await _partitions(log, topic)
    starts = {at: offset or 0 for at, offset in (await log.offsets(partitions, "earliest")).items()}
    ends = {at: offset or 0 for at, offset in (await log.offsets(partitions, "latest")).items()}
    async for _ in arrivals(log, picker, starts, ends):
        pass
    return picker.others


async def _partitions(log: RecordLog, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, part.partition) for info in await log.describe([topic]) for part in info.partitions]
