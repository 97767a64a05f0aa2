"""The table ``replays``: one row for each run, from its plan to its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run."""

    run_id: str
    plan_hash: str
    plan: Mapping[str, Any]
    reason: str | None
    created_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    state: str
    writer_mode: str | None
    target_cluster: str | None
    error: str | None

    @property
    def target_topics(self) -> list[str]:
        """Physical names of the targets."""
        return sorted(set(self.plan["facts"]["targets"].values()))


@dataclass(frozen=True, slots=True)
class Transaction:
    """One batch of a run: a transaction, or the same records written by an idempotent writer."""

    lane_group: str
    txn_no: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a transaction."""

    transaction: Transaction
    state: str
    """``committed``, ``aborted`` or ``unknown``."""
    outcomes: pa.Table
    """What became of each of its records, columns of `workbench.store.journal.OUTCOMES`."""
    audit: Sequence[Mapping[str, Any]] = ()
    """Entries of the audit table."""
    again: bool = False
    """Whether some of these records may have an outcome already, which this one replaces."""


def select_runs(cursor: duckdb.DuckDBPyConnection, condition: str, values: list[Any]) -> list[RunRow]:
    """Return the runs that meet a condition, newest first.

    Args:
        cursor: For this query.
        condition: SQL text, a constant of the caller.
        values: Values of its parameters.
    """
    names = ", ".join(RunRow.__slots__)
    query = f"SELECT {names} FROM replays WHERE {condition} ORDER BY created_at DESC, run_id"  # noqa: S608 - constants only
    found = []
    for row in cursor.execute(query, values).fetchall():
        fields = dict(zip(RunRow.__slots__, row, strict=True))
        found.append(RunRow(**{**fields, "plan": json.loads(fields["plan"])}))
    return found
