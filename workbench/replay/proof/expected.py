"""Defines the records that a run should have on its target: from its plan, or from its journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.replay.proof.ledger import Places, rows_of
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.facts import APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.digest import Digests
    from workbench.replay.records.raw_rows import Longs
    from workbench.store.journal import RunRow


@dataclass(frozen=True)
class ExpectedRecords:
    """The records of a run, by seq."""

    run_id: str
    marked: bool
    """They carry provenance headers."""
    seqs: Longs
    """Ascending."""
    sent: NDArray[np.bool_]
    """Those that the run was to send."""
    digests: Digests
    places: Places
    """Target partition of each."""
    times: Longs
    """Planned timestamp; `NOW` is chosen when the record is sent."""
    overwritten: AbstractSet[str]
    """Targets whose broker overwrites timestamps."""

    def rows_of(self, seqs: Longs) -> tuple[Longs, NDArray[np.bool_]]:
        """Return the row of each of these seqs, and whether it is one of the run."""
        return rows_of(self.seqs, seqs)

    @classmethod
    def of_plan(cls, plan: Plan) -> ExpectedRecords:
        """Take them from a plan."""
        records = plan.records
        seqs = np.arange(len(records))
        sent = np.zeros(len(records), bool)
        sent[plan.sent] = True
        targets = pa.table(
            {
                "target_topic": records.target_topic_column(seqs),
                "target_partition": pa.array(records.target_partitions),
            }
        )
        return cls(
            plan.run_id,
            plan.options.headers != "exact",
            seqs,
            sent,
            records.digests,
            Places.of(targets),
            records.planned_timestamps,
            frozenset(records.append_time_topics),
        )

    @classmethod
    def of_journal(cls, row: RunRow, ledger: pa.Table) -> ExpectedRecords:
        """Take them from the ledger of a run, which has every record that was attempted."""
        found = ledger.filter(pc.not_equal(ledger["outcome"], "refused"))
        digests = found["body_sha256"].cast(pa.binary(32)).combine_chunks()
        times = pc.fill_null(found["target_timestamp_ms"], NOW).to_numpy()
        if row.plan["options"]["timestamps"] == "now":
            times = np.full(len(times), NOW, np.int64)
        topics = {topic["name"]: topic["config"] for topic in row.plan["facts"]["topics"]}
        appending = {name for name, config in topics.items() if config.get("message.timestamp.type") == APPEND_TIME}
        return cls(
            row.run_id,
            row.plan["document"]["headers"] != "exact",
            found["seq"].to_numpy(),
            np.ones(found.num_rows, bool),
            fixed_bytes(digests),
            Places.of(found),
            times,
            frozenset(appending),
        )


def fixed_bytes(column: pa.Array | pa.ChunkedArray) -> Digests:
    """Return a column of 32 bytes each as an array with one row for each."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    found = [np.empty((0, 32), np.uint8)]
    for chunk in chunks:
        content = np.frombuffer(chunk.buffers()[1], np.uint8)
        found.append(content[32 * chunk.offset : 32 * (chunk.offset + len(chunk))].reshape(-1, 32))
    return np.concatenate(found)
