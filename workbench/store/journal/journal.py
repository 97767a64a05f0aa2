"""The journal of replays: plans, transactions, the ledger. Every step is durable before the next one is taken.

It lives in the snapshot's file, or beside a snapshot that was opened read-only. DuckDB's file lock keeps a second
process from running a plan of the same file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import SnapshotError
from workbench.store.file.connection import Connection
from workbench.store.file.schema import check_version, is_empty, migrate, stored_version
from workbench.store.journal.locations import doubts_elsewhere, journal_path

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping
    from types import TracebackType
    from typing import Self

    import duckdb

__all__ = ["LEDGER", "POSITIONS", "Journal", "RunRow", "Transaction", "journal_path"]

LEDGER = pa.schema(
    [
        ("seq", pa.int64()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("body_sha256", pa.binary()),
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
        ("target_offset", pa.int64()),
        ("target_timestamp_ms", pa.int64()),
        ("new_event_id", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("acked_at", pa.timestamp("us")),
    ],
)
"""Source position, target position and outcome of each record: ``acked``, ``skipped``, ``refused``, ``failed``,
``unknown``."""

POSITIONS = pa.schema(
    [
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
        ("start_offset", pa.int64()),
        ("next_target_offset", pa.int64()),
    ],
)

_NEXT: Mapping[str, frozenset[str]] = {
    "planned": frozenset({"confirmed"}),
    "confirmed": frozenset({"running", "failed"}),
    "running": frozenset({"done", "stopped", "failed", "in_doubt"}),
    "in_doubt": frozenset({"failed"}),
    "done": frozenset({"verified", "not_verified"}),
    "verified": frozenset({"verified", "not_verified"}),
    "not_verified": frozenset({"verified", "not_verified"}),
}
_ENDED = frozenset({"done", "stopped", "failed", "in_doubt"})
_STAMPS = {"confirmed": "confirmed_at", "running": "started_at", **dict.fromkeys(_ENDED, "finished_at")}

_running_here: set[str] = set()
"""Runs of this process: another journal over the same file must not declare them lost."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the journal knows of one run."""

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
    """One transaction of a run, or one chunk of an idempotent run."""

    lane_group: str
    txn_no: int
    first_seq: int
    last_seq: int


class Journal:
    """Reads and writes the replay tables of one file.

    Making one turns runs that were left ``running`` into ``in_doubt``: their process ended without saying how.

    Args:
        connection: The open file; it must be open for writing.
    """

    def __init__(self, connection: Connection, *, owns: bool = False) -> None:
        self._connection = connection
        self._owns = owns
        self._recover()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Journal:
        """Open or create a journal in a file of its own; close it when done.

        Raises:
            SnapshotLockedError: Another process writes the file.
            SnapshotFormatError: The file is something else, or newer.
        """
        file = Path(path)
        connection = Connection(file, file.with_name(f"{file.name}.segments"), read_only=False)
        try:
            with connection.transaction() as cursor:
                version = 0 if is_empty(cursor) else check_version(stored_version(cursor), file)
                migrate(cursor, version, by="replay journal")
            return cls(connection, owns=True)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file if this journal opened it."""
        if self._owns:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._connection.path

    def _recover(self) -> None:
        with self._connection.transaction() as cursor:
            left = [run for (run,) in cursor.execute("SELECT run_id FROM replays WHERE state = 'running'").fetchall()]
            for run in (run for run in left if run not in _running_here):
                _move(cursor, run, "in_doubt", "the process that ran it ended without a result")
                cursor.execute(
                    "UPDATE replay_txns SET state = 'unknown' WHERE run_id = ? AND state = 'intent'",
                    [run],
                )

    def add_plan(self, plan: Mapping[str, Any], *, writer_mode: str, reason: str = "") -> None:
        """Enter a plan as ``planned``; one that is there already stays as it is."""
        facts = plan["facts"]
        with self._connection.transaction() as cursor:
            cursor.execute(
                """INSERT INTO replays (run_id, plan_hash, plan, reason, created_at, state, writer_mode, target_cluster)
                SELECT ?, ?, ?, ?, ?, 'planned', ?, ? WHERE NOT EXISTS (SELECT 1 FROM replays WHERE run_id = ?)""",
                [
                    facts["run_id"],
                    plan["hash"],
                    json.dumps(plan, sort_keys=True),
                    reason or None,
                    datetime.fromtimestamp(plan["created_at_ms"] / 1000, UTC).replace(tzinfo=None),
                    writer_mode,
                    facts["cluster_id"],
                    facts["run_id"],
                ],
            )

    def run(self, run_id: str) -> RunRow:
        """One run.

        Raises:
            SnapshotError: The journal has no such run.
        """
        rows = self._runs("run_id = ?", [run_id])
        if not rows:
            message = f"{self.path} has no replay {run_id}; see runs() for those it has."
            raise SnapshotError(message, path=str(self.path))
        return rows[0]

    def runs(self) -> list[RunRow]:
        """All runs, newest first."""
        return self._runs("true", [])

    def planned(self, confirm: str) -> RunRow:
        """The newest run in state ``planned`` whose hash begins with these digits.

        Raises:
            SnapshotError: There is none, or ``confirm`` is shorter than a token.
        """
        rows = self._runs("state = 'planned' AND starts_with(plan_hash, ?) AND length(?) >= 8", [confirm, confirm])
        if not rows:
            raise SnapshotError(
                f"{self.path} has no open plan {confirm}. Make the plan again; its last line says how to confirm it.",
                path=str(self.path),
            )
        return rows[0]

    def _runs(self, condition: str, values: list[Any]) -> list[RunRow]:
        names = ", ".join(RunRow.__slots__)
        with self._connection.cursor() as cursor:
            # Only constants of this module become SQL text; values are bound.
            query = f"SELECT {names} FROM replays WHERE {condition} ORDER BY created_at DESC, run_id"  # noqa: S608 - constants only
            rows = cursor.execute(query, values).fetchall()
        found = []
        for row in rows:
            fields = dict(zip(RunRow.__slots__, row, strict=True))
            found.append(RunRow(**{**fields, "plan": json.loads(fields["plan"])}))
        return found

    def in_doubt(self, cluster_id: str, topics: Collection[str]) -> list[str]:
        """Runs on one of these topics whose end is not known, in this file and in the one it belongs to."""
        rows = self._runs("state = 'in_doubt' AND target_cluster = ?", [cluster_id])
        own = [row.run_id for row in rows if set(row.target_topics) & set(topics)]
        return own + doubts_elsewhere(self.path, cluster_id, topics)

    def confirm(self, run_id: str, *, by: str, reason: str) -> None:
        """``planned`` to ``confirmed``."""
        with self._connection.transaction() as cursor:
            _move(cursor, run_id, "confirmed")
            cursor.execute(
                "UPDATE replays SET confirmed_by = ?, reason = coalesce(?, reason) WHERE run_id = ?",
                [by or None, reason or None, run_id],
            )

    def start(self, run_id: str, positions: pa.Table, left_out: pa.Table) -> None:
        """``confirmed`` to ``running``, with the ends of the target partitions and the records left out."""
        with self._connection.transaction() as cursor:
            _move(cursor, run_id, "running")
            cursor.register("given_positions", positions.cast(POSITIONS))
            cursor.execute(
                """INSERT INTO replay_positions
                SELECT ?, target_topic, target_partition, start_offset, next_target_offset FROM given_positions""",
                [run_id],
            )
            _put_rows(cursor, run_id, left_out)
        _running_here.add(run_id)

    def intent(self, run_id: str, transaction: Transaction, rows: pa.Table) -> None:
        """Say what the next transaction will send, before it begins; its rows are ``unknown`` until it is settled."""
        with self._connection.transaction() as cursor:
            cursor.execute(
                "INSERT INTO replay_txns VALUES (?, ?, ?, ?, ?, 'intent', ?)",
                [
                    run_id,
                    transaction.lane_group,
                    transaction.txn_no,
                    transaction.first_seq,
                    transaction.last_seq,
                    _now(),
                ],
            )
            _put_rows(cursor, run_id, rows)

    def settle(self, run_id: str, transaction: Transaction, state: str, rows: pa.Table) -> None:
        """Say how a transaction ended (``committed``, ``aborted``, ``unknown``), with the outcome of each record."""
        with self._connection.transaction() as cursor:
            cursor.execute(
                'UPDATE replay_txns SET state = ?, "at" = ? WHERE run_id = ? AND lane_group = ? AND txn_no = ?',
                [state, _now(), run_id, transaction.lane_group, transaction.txn_no],
            )
            _put_rows(cursor, run_id, rows)
            cursor.execute(
                """UPDATE replay_positions AS p SET next_target_offset = r.next_offset
                FROM (SELECT target_topic, target_partition, max(target_offset) + 1 AS next_offset FROM given_rows
                      WHERE outcome = 'acked' GROUP BY ALL) AS r
                WHERE p.run_id = ? AND p.target_topic = r.target_topic AND p.target_partition = r.target_partition
                  AND (p.next_target_offset IS NULL OR p.next_target_offset < r.next_offset)""",
                [run_id],
            )

    def finish(self, run_id: str, state: str, *, error: str | None = None) -> None:
        """End a run, or say what its verification found."""
        _running_here.discard(run_id)
        with self._connection.transaction() as cursor:
            _move(cursor, run_id, state, error)

    def abandon(self, run_id: str, *, by: str = "", reason: str = "") -> None:
        """Give up a run that is in doubt; its ledger stays, its unknown rows stay unknown, its target is free again.

        Raises:
            SnapshotError: The run is not in doubt.
        """
        row = self.run(run_id)
        note = "; ".join(filter(None, [f"abandoned{f' by {by}' if by else ''}", reason, row.error or ""]))
        with self._connection.transaction() as cursor:
            _move(cursor, run_id, "failed", note)
            _audit(cursor, run_id, {"action": "replay.abandon", "who": by, "reason": reason, "result": "failed"})

    def audit(self, operation_id: str, **entry: Any) -> None:
        """Add a row to the audit table: action, who, reason, cluster, topic, records, result, details (a mapping)."""
        with self._connection.transaction() as cursor:
            _audit(cursor, operation_id, entry)

    def ledger(self, run_id: str) -> pa.Table:
        """Rows of a run by seq: columns of `LEDGER`. Records that were never attempted have no row."""
        return self._read("replay_records", LEDGER, "seq", run_id)

    def positions(self, run_id: str) -> pa.Table:
        """Target partitions of a run: columns of `POSITIONS`."""
        return self._read("replay_positions", POSITIONS, "target_topic, target_partition", run_id)

    def transactions(self, run_id: str) -> pa.Table:
        """Transactions of a run, in order."""
        with self._connection.cursor() as cursor:
            query = "SELECT * EXCLUDE (run_id) FROM replay_txns WHERE run_id = ? ORDER BY lane_group, txn_no"
            return cursor.sql(query, params=[run_id]).to_arrow_table()

    def _read(self, name: str, schema: pa.Schema, order: str, run_id: str) -> pa.Table:
        columns = ", ".join(f'"{column}"' for column in schema.names)
        with self._connection.cursor() as cursor:
            query = f"SELECT {columns} FROM {name} WHERE run_id = ? ORDER BY {order}"  # noqa: S608 - constants only
            found: pa.Table = cursor.sql(query, params=[run_id]).to_arrow_table()
        return found.cast(schema)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _move(cursor: duckdb.DuckDBPyConnection, run_id: str, state: str, error: str | None = None) -> None:
    found = cursor.execute("SELECT state FROM replays WHERE run_id = ?", [run_id]).fetchone()
    current = None if found is None else found[0]
    if current is None or state not in _NEXT.get(current, frozenset()):
        raise SnapshotError(f"Replay {run_id} is {current or 'not in this journal'}; it cannot become {state}.")
    cursor.execute("UPDATE replays SET state = ?, error = coalesce(?, error) WHERE run_id = ?", [state, error, run_id])
    stamp = _STAMPS.get(state)
    if stamp is not None:
        query = f"UPDATE replays SET {stamp} = coalesce({stamp}, ?) WHERE run_id = ?"  # noqa: S608 - constants only
        cursor.execute(query, [_now(), run_id])


def _put_rows(cursor: duckdb.DuckDBPyConnection, run_id: str, rows: pa.Table) -> None:
    cursor.register("given_rows", rows.cast(LEDGER))
    cursor.execute(
        "DELETE FROM replay_records WHERE run_id = ? AND seq IN (SELECT seq FROM given_rows)",
        [run_id],
    )
    cursor.execute("INSERT INTO replay_records SELECT ?, * FROM given_rows", [run_id])


def _audit(cursor: duckdb.DuckDBPyConnection, operation_id: str, entry: Mapping[str, Any]) -> None:
    details = entry.get("details")
    cursor.execute(
        "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            operation_id,
            _now(),
            entry.get("who") or None,
            entry.get("reason") or None,
            entry["action"],
            entry.get("cluster"),
            entry.get("topic"),
            entry.get("records"),
            entry["result"],
            None if details is None else json.dumps(details, sort_keys=True),
        ],
    )
