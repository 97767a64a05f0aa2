"""Help for undoing a run: target positions, a header filter, earlier offsets, and a guarded delete.

Records in a log cannot be removed one by one; these let consumers and operators leave them out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from workbench.errors import ReplayRefused
from workbench.model import TopicPartition
from workbench.replay.proof.arrivals import Picker, arrivals
from workbench.replay.target.facts import TargetFacts
from workbench.replay.target.fetching import topic_facts
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import Journal, RunLedger, RunRow


@dataclass(frozen=True)
class UndoAids:
    """Information of a report that helps to undo a run."""

    run_id: str
    marked: bool
    """Records carry provenance headers."""
    acked: int
    """Positions that were acknowledged."""
    offsets_before: Mapping[str, Mapping[TopicPartition, int]]
    """Committed offsets of each group of a target before the run."""
    compacted: tuple[str, ...]
    """Targets that were compacted when the run was planned: there its values became the newest of their keys."""
    created: tuple[str, ...]
    """Topics that the run created; `delete_created` removes one, guarded."""
    recorded: RunLedger
    held: pa.Table | None
    """The ledger of a run that is not large."""

    @classmethod
    def of(cls, row: RunRow, recorded: RunLedger, held: pa.Table | None) -> UndoAids:
        """Derive the information from a run and its ledger."""
        found = TargetFacts.from_json(row.plan["facts"])
        return cls(
            run_id=row.run_id,
            marked=row.plan["document"]["headers"] != "exact",
            acked=recorded.counts()["acked"],
            offsets_before={
                group.group_id: {
                    TopicPartition(topic, partition): offset
                    for topic, offsets in group.committed.items()
                    for partition, offset in offsets.items()
                }
                for group in found.groups
            },
            compacted=tuple(name for name in found.target_topics if found.topics[name].compacted),
            created=tuple(sorted(row.plan["document"]["target"].get("create", {}))),
            recorded=recorded,
            held=held,
        )

    @property
    def targets(self) -> pa.Table:
        """Positions that were acknowledged: ``target_topic, target_partition, target_offset``."""
        acked = (
            self.recorded.rows(outcome="acked")
            if self.held is None
            else self.held.filter(pc.equal(self.held["outcome"], "acked"))
        )
        return acked.select(["target_topic", "target_partition", "target_offset"])

    @property
    def header_filter(self) -> tuple[bytes, bytes] | None:
        """Header name and value by which consumers can leave out the run; None without provenance headers."""
        return (b"x-replay-id", self.run_id.encode()) if self.marked else None

    @property
    def lines(self) -> list[str]:
        """The information as lines of text."""
        lines = [f"The ledger (.undo.targets) has {counted(self.acked, 'target position')}."]
        if self.header_filter is not None:
            name, value = (part.decode() for part in self.header_filter)
            lines.append(f"Consumers can leave them out by the header {name} = {value}.")
        for group, offsets in self.offsets_before.items():
            stored = ", ".join(f"{at}: {offset}" for at, offset in offsets.items()) or "nothing"
            lines.append(f"Group {group} had committed {stored}.")
        if self.compacted and self.acked:
            names = ", ".join(self.compacted)
            lines.append(f"What its keys had before on {names}: snap.replays.former_values({self.run_id!r}, writer).")
        lines += [f"The run created {name}; delete_created(…, topic={name!r}) removes it." for name in self.created]
        return lines


async def delete_created(log: RecordLog, journal: Journal, run_id: str, *, topic: str) -> None:
    """Delete a topic that a run created, if it contains only records of that run.

    Args:
        log: The target cluster, open for writing.
        journal: Where the run is recorded.
        run_id: The run.
        topic: Physical name, typed.

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
        action="replay.delete_created",
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
