"""Help for undoing a run, from its ledger: target positions, a header filter, earlier offsets.

Records in a log cannot be removed one by one; these let consumers and operators leave them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from workbench.model import TopicPartition
from workbench.replay.target.facts import TargetFacts
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pyarrow as pa

    from workbench.store.journal import RunLedger, RunRow


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
    deleted: frozenset[str]
    """Those that were removed so."""
    recorded: RunLedger
    held: pa.Table | None
    """The ledger of a run that is not large."""

    @classmethod
    def of(cls, row: RunRow, recorded: RunLedger, held: pa.Table | None, deleted: Collection[str] = ()) -> UndoAids:
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
            deleted=frozenset(deleted),
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
        lines += [
            f"The run created {name}, which was deleted since."
            if name in self.deleted
            else f"The run created {name}; delete_created(…, topic={name!r}) removes it, or workbench replay "
            "delete-created."
            for name in self.created
        ]
        return lines
