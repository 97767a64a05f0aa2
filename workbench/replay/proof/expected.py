"""Defines the records that a run should have on its target: from its plan, or from its journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model import TopicPartition
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.facts import APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

    from workbench.replay.plan.plan import Plan
    from workbench.store.journal import RunRow


@dataclass(frozen=True)
class ExpectedRecords:
    """The records of a run, by seq."""

    run_id: str
    marked: bool
    """They carry provenance headers."""
    sent: AbstractSet[int]
    """Seqs that the run was to send."""
    digests: Mapping[int, bytes]
    places: Mapping[int, TopicPartition]
    timestamps: Mapping[int, int]
    """Planned timestamp; `NOW` is chosen when the record is sent."""
    overwritten: AbstractSet[str]
    """Targets whose broker overwrites timestamps."""

    @classmethod
    def of_plan(cls, plan: Plan) -> ExpectedRecords:
        """Take them from a plan."""
        records = plan.records
        seqs = range(len(records))
        places = zip(records.target_topics, records.target_partitions.tolist(), strict=True)
        return cls(
            plan.run_id,
            plan.options.headers != "exact",
            frozenset(plan.sent),
            dict(zip(seqs, records.digests, strict=True)),
            {seq: TopicPartition(*place) for seq, place in enumerate(places)},
            dict(zip(seqs, records.planned_timestamps.tolist(), strict=True)),
            frozenset(records.append_time_topics),
        )

    @classmethod
    def of_journal(cls, row: RunRow, ledger: pa.Table) -> ExpectedRecords:
        """Take them from the ledger of a run, which has every record that was attempted."""
        found = ledger.filter([outcome != "refused" for outcome in ledger["outcome"].to_pylist()])
        seqs = found["seq"].to_pylist()
        places = zip(found["target_topic"].to_pylist(), found["target_partition"].to_pylist(), strict=True)
        keeps = row.plan["options"]["timestamps"] == "keep"
        times = (NOW if at is None or not keeps else at for at in found["target_timestamp_ms"].to_pylist())
        topics = {topic["name"]: topic["config"] for topic in row.plan["facts"]["topics"]}
        appending = {name for name, config in topics.items() if config.get("message.timestamp.type") == APPEND_TIME}
        return cls(
            row.run_id,
            row.plan["document"]["headers"] != "exact",
            frozenset(seqs),
            dict(zip(seqs, found["body_sha256"].to_pylist(), strict=True)),
            {seq: TopicPartition(*place) for seq, place in zip(seqs, places, strict=True)},
            dict(zip(seqs, times, strict=True)),
            frozenset(appending),
        )
