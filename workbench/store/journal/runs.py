"""The table ``replays``: one row for each run, from its plan to its end."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from workbench.store.journal.plans import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class RunHead:
    """One run, as lists show it."""

    run_id: str
    plan_hash: str
    shown: Mapping[str, Any]
    """What is known without its plan: ``document.records``, ``document.mode``, ``facts.targets``."""
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
        return sorted(set(self.shown["facts"]["targets"].values()))


@dataclass(frozen=True, slots=True)
class RunRow(RunHead):
    """One run, with its plan."""

    plan: Mapping[str, Any]


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


def select_heads(cursor: duckdb.DuckDBPyConnection, condition: str, values: list[Any]) -> list[RunHead]:
    """Return the runs that meet a condition, newest first, without their plans.

    Args:
        cursor: For this query.
        condition: SQL text, a constant of the caller.
        values: Values of its parameters.
    """
    names = [field.name for field in fields(RunHead)]
    columns = ", ".join("plan" if name == "shown" else name for name in names)
    query = f"SELECT {columns} FROM replays WHERE {condition} ORDER BY created_at DESC, run_id"  # noqa: S608 - constants only
    found = []
    for row in cursor.execute(query, values).fetchall():
        values_of = dict(zip(names, row, strict=True))
        found.append(RunHead(**{**values_of, "shown": json.loads(values_of["shown"])}))
    return found


def with_plan(cursor: duckdb.DuckDBPyConnection, head: RunHead) -> RunRow:
    """Return a run with its whole plan."""
    known = {field.name: getattr(head, field.name) for field in fields(RunHead)}
    return RunRow(**known, plan=read_plan(cursor, head.run_id, head.shown))
