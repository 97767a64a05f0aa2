"""A run of ten records, as its journal has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.store.journal import OUTCOMES, POSITIONS, SELECTION

if TYPE_CHECKING:
    from workbench.store.journal import Journal

RUN = "6f1d2c3b-4a59-4e68-8c77-0123456789ab"


def plan(run: str = RUN, digest: str = "be9f0e35" + "0" * 56, targets: dict[str, str] | None = None) -> dict[str, Any]:
    facts = {"run_id": run, "cluster_id": "c-1", "targets": targets or {"orders": "copy"}}
    return {"hash": digest, "facts": facts, "created_at_ms": 1_800_000_000_123}


def rows(*seqs: int, **columns: Any) -> pa.Table:
    made = []
    for seq in seqs:
        own = {name: value + seq if name.endswith("offset") else value for name, value in columns.items()}
        made.append({"seq": seq, "outcome": "unknown", **own})
    return pa.Table.from_pylist(made, schema=OUTCOMES)


POSITION_ROWS = pa.Table.from_pylist(
    [{"target_topic": "copy", "target_partition": at, "start_offset": 50, "next_target_offset": None} for at in (0, 1)],
    schema=POSITIONS,
)


SELECTED = pa.Table.from_pylist(
    [
        {
            "seq": seq,
            "source_id": 1,
            "topic": "orders",
            "partition": 0,
            "offset": 100 + seq,
            "body_sha256": b"\0" * 32,
            "target_topic": "copy",
            "target_partition": 0,
        }
        for seq in range(10)
    ],
    schema=SELECTION,
)


def started(journal: Journal) -> None:
    journal.add_plan(plan(), writer_mode="transactional", reason="why")
    journal.confirm(RUN, by="me", reason="")
    journal.enter(RUN, SELECTED)
    journal.start(RUN, POSITION_ROWS, rows(9, outcome="refused", reason="G-9"))
