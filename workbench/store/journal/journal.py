"""The journal of replays: plans, transactions, the ledger. Each step is durable before the next one begins.

It is kept in the snapshot's file, or beside a snapshot that was opened read-only. DuckDB's file lock keeps a second
process from running a plan of the same file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.buffers.ascending import ascends
from workbench.errors import SnapshotError
from workbench.store.file.journal_tables import EDITS_TABLE, PLANS_TABLE
from workbench.store.file.opening import open_for_writing
from workbench.store.journal.audit import add_audit_row, read_audit_rows
from workbench.store.journal.entering import (
    enter_outcomes,
    enter_records,
    enter_settlement,
    enter_unknown,
    forget_records,
)
from workbench.store.journal.ledger import RunLedger
from workbench.store.journal.locations import runs_in_doubt_elsewhere
from workbench.store.journal.plans import enter_parts, enter_planned, plan_parts
from workbench.store.journal.redriven import arrived_home, sent_home
from workbench.store.journal.results import EDITS, POSITIONS, SELECTION
from workbench.store.journal.running_here import begins, ends, is_running_here
from workbench.store.journal.runs import select_heads, with_plan
from workbench.store.journal.states import move, utc_now
from workbench.store.snapshot.stored_sql import check_stored_sql

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from workbench.store.file.connection import Connection
    from workbench.store.journal.runs import RunHead, RunRow, Settlement, Transaction

WAY_ON = (
    "Resume it, which sends only what is not on the target: snap.replays.resume({run!r}, writer), or workbench replay "
    "resume SNAPSHOT {run} -b BROKER --reason WHY. Or settle it without sending: verify. Or give it up: abandon"
)
"""What to do with a run in doubt."""

_LIMIT_BYTES = 48 << 20
"""Memory of a journal in a file of its own: rows are entered and read in parts, and what is more is spilled."""


def _is_left(row: RunHead) -> bool:
    """Tell whether a run is journaled as running, and nothing runs it."""
    return row.state == "running" and not is_running_here(row.run_id)


class Journal:
    """Reads and writes the replay tables of one file.

    Creating one moves runs that were left ``running`` to ``in_doubt``: their process ended without a result.

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
            SnapshotFormatError: The file is something else, newer, or brings views or macros that do more than read.
        """
        connection = open_for_writing(path, by="replay journal", check=check_stored_sql, limit_bytes=_LIMIT_BYTES)
        try:
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
            cursor.execute(EDITS_TABLE)
            cursor.execute(PLANS_TABLE)
            left = [run for (run,) in cursor.execute("SELECT run_id FROM replays WHERE state = 'running'").fetchall()]
            for run in (run for run in left if not is_running_here(run)):
                move(cursor, run, "in_doubt", "the process that ran it ended without a result")
                enter_unknown(cursor, run)

    def add_plan(self, plan: Mapping[str, Any], *, writer_mode: str, reason: str = "") -> None:
        """Enter a plan as ``planned``; one that is there already stays as it is."""
        run_id = plan["facts"]["run_id"]
        if self._heads("run_id = ?", [run_id]):
            return
        for parts in plan_parts(plan):
            with self._connection.transaction() as cursor:
                enter_parts(cursor, run_id, parts)
        with self._connection.transaction() as cursor:
            enter_planned(cursor, plan, writer_mode=writer_mode, reason=reason)

    def run(self, run_id: str) -> RunRow:
        """Return one run, with its plan.

        Raises:
            SnapshotError: The journal has no such run.
        """
        return self._with_plan(self.head(run_id))

    def head(self, run_id: str) -> RunHead:
        """Return one run without its plan, which may be long.

        Raises:
            SnapshotError: The journal has no such run.
        """
        rows = self._heads("run_id = ?", [run_id])
        if not rows:
            raise SnapshotError(f"{self.path} has no replay {run_id}; see runs().", path=str(self.path))
        if not _is_left(rows[0]):
            return rows[0]
        self._recover()
        return self._heads("run_id = ?", [run_id])[0]

    def runs(self) -> list[RunHead]:
        """Return all runs, newest first, without their plans."""
        return [replace(row, state="in_doubt") if _is_left(row) else row for row in self._heads("true", [])]

    def release(self, run_id: str) -> None:
        """Note that a run has ended in this process, also where its end could not be entered: it is in doubt then."""
        ends(run_id)

    def planned(self, confirm: str) -> RunRow:
        """Return the newest run in state ``planned`` whose hash begins with these digits.

        Raises:
            SnapshotError: There is none, or ``confirm`` is shorter than a token.
        """
        rows = self._heads("starts_with(plan_hash, ?) AND length(?) >= 8", [confirm, confirm])
        planned = [row for row in rows if row.state == "planned"]
        if not planned:
            raise SnapshotError(
                f"{self.path} has no open plan {confirm}{_what_became_of(rows)}.",
                path=str(self.path),
            )
        return self._with_plan(planned[0])

    def _heads(self, condition: str, values: list[Any]) -> list[RunHead]:
        with self._connection.cursor() as cursor:
            return select_heads(cursor, condition, values)

    def _with_plan(self, head: RunHead) -> RunRow:
        with self._connection.cursor() as cursor:
            return with_plan(cursor, head)

    def in_doubt(self, cluster_id: str, topics: Collection[str]) -> list[str]:
        """Return the runs on these topics whose result is not known, in this file and in the one it belongs to."""
        rows = [row for row in self.runs() if row.state == "in_doubt" and row.target_cluster == cluster_id]
        own = [row.run_id for row in rows if set(row.target_topics) & set(topics)]
        return own + runs_in_doubt_elsewhere(self.path, cluster_id, topics)

    def confirm(self, run_id: str, *, by: str, reason: str) -> None:
        """Move a run from ``planned`` to ``confirmed``."""
        with self._connection.transaction() as cursor:
            move(cursor, run_id, "confirmed")
            cursor.execute(
                "UPDATE replays SET confirmed_by = ?, reason = coalesce(?, reason) WHERE run_id = ?",
                [by or None, reason or None, run_id],
            )

    def enter(
        self,
        run_id: str,
        selection: pa.Table | pa.RecordBatchReader,
        edits: pa.Table | pa.RecordBatchReader | None = None,
    ) -> None:
        """Enter the records of a plan before it starts: a killed run is resumed from them.

        Args:
            run_id: The run.
            selection: All records of the plan, columns of `SELECTION`; a reader gives them in parts.
            edits: The records that are rewritten, columns of `EDITS`; a reader gives them in parts.

        Raises:
            SnapshotError: The run has started before.
        """
        if (state := self.head(run_id).state) not in ("planned", "confirmed"):
            raise SnapshotError(f"Replay {run_id} is {state}: its records are entered.", path=str(self.path))
        enter_records(self._connection, run_id, selection, edits)

    def forget(self, run_id: str) -> None:
        """Take back the records of a plan that was refused and has not started."""
        if self.head(run_id).state == "planned":
            forget_records(self._connection, run_id)

    def start(self, run_id: str, positions: pa.Table, left_out: pa.Table) -> None:
        """Move a run whose records are entered from ``confirmed`` to ``running``.

        Args:
            run_id: The run.
            positions: Ends of the target partitions, columns of `POSITIONS`.
            left_out: The records that are not sent, columns of `OUTCOMES`.
        """
        with self._connection.transaction() as cursor:
            move(cursor, run_id, "running")
            cursor.register("given_positions", positions.cast(POSITIONS))
            cursor.execute(
                """INSERT INTO replay_positions
                SELECT ?, target_topic, target_partition, start_offset, next_target_offset FROM given_positions""",
                [run_id],
            )
            enter_outcomes(cursor, run_id, left_out)
        begins(run_id)

    def resume(self, run_id: str, pending: pa.Array) -> int:
        """Move a run that was interrupted to ``running`` again, and return the number of its next transaction.

        Args:
            run_id: The run.
            pending: Seqs that are sent now. Their ledger rows go, as those of records that were never attempted: if the
                process dies once more, they must not be taken for settled.

        Raises:
            SnapshotError: The run is in a state that cannot be resumed.
        """
        with self._connection.transaction() as cursor:
            move(cursor, run_id, "running")
            cursor.execute("UPDATE replays SET error = NULL WHERE run_id = ?", [run_id])
            cursor.register("pending", pa.table({"seq": pending}))
            query = "DELETE FROM replay_outcomes WHERE run_id = ? AND seq IN (SELECT seq FROM pending)"
            cursor.execute(query, [run_id])
            query = "SELECT coalesce(max(txn_no), -1) + 1 FROM replay_txns WHERE run_id = ?"
            number = cursor.execute(query, [run_id]).fetchall()[0][0]
        begins(run_id)
        return int(number)

    def intent(self, run_id: str, transaction: Transaction) -> None:
        """Enter the next transaction before it begins: if the process dies now, its records are ``unknown``."""
        with self._connection.transaction() as cursor:
            cursor.execute(
                "INSERT INTO replay_txns VALUES (?, ?, ?, ?, ?, 'intent', ?)",
                [
                    run_id,
                    transaction.lane_group,
                    transaction.txn_no,
                    transaction.first_seq,
                    transaction.last_seq,
                    utc_now(),
                ],
            )

    def withdraw(self, run_id: str, transaction: Transaction) -> None:
        """Take back a transaction that was entered and not begun; its records are as if they were never tried."""
        with self._connection.transaction() as cursor:
            query = "DELETE FROM replay_txns WHERE run_id = ? AND lane_group = ? AND txn_no = ? AND state = 'intent'"
            cursor.execute(query, [run_id, transaction.lane_group, transaction.txn_no])

    def settle(self, run_id: str, *settlements: Settlement) -> None:
        """Enter the ends of transactions, with the outcome of each record: all, or none if the process dies."""
        with self._connection.transaction() as cursor:
            for settlement in settlements:
                enter_settlement(cursor, run_id, settlement)

    def finish(self, run_id: str, state: str, *, error: str | None = None) -> None:
        """End a run, or enter the result of its verification."""
        ends(run_id)
        with self._connection.transaction() as cursor:
            move(cursor, run_id, state, error)
            if state == "in_doubt":
                enter_unknown(cursor, run_id)

    def explain(self, run_id: str, error: str) -> None:
        """Enter why a run has ended, in place of what was entered before."""
        with self._connection.transaction() as cursor:
            cursor.execute("UPDATE replays SET error = ? WHERE run_id = ?", [error, run_id])

    def abandon(self, run_id: str, *, by: str = "", reason: str = "") -> None:
        """Give up a run that is in doubt; its ledger stays, its unknown rows stay unknown, its target is free again.

        Raises:
            SnapshotError: The run is not in doubt.
        """
        row = self.head(run_id)
        note = "; ".join(filter(None, [f"abandoned{f' by {by}' if by else ''}", reason, row.error or ""]))
        with self._connection.transaction() as cursor:
            move(cursor, run_id, "abandoned", note)
            entry = {"action": "replay.abandon", "who": by, "reason": reason, "result": "abandoned"}
            add_audit_row(cursor, run_id, entry)

    def audit(self, operation_id: str, **entry: Any) -> None:
        """Add a row to the audit table; see `add_audit_row` for the entries."""
        with self._connection.transaction() as cursor:
            add_audit_row(cursor, operation_id, entry)

    def audit_rows(self, operation_id: str, action: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of an operation in the audit table, oldest first; ``details`` is read from its JSON.

        Args:
            operation_id: The operation.
            action: Only rows of this action.
        """
        with self._connection.cursor() as cursor:
            return read_audit_rows(cursor, operation_id, action)

    def ledger(self, run_id: str) -> pa.Table:
        """Return the ledger of a run by seq, columns of `LEDGER`. Records that were never attempted have no row."""
        return self.ledger_of(run_id).rows()

    def ledger_of(self, run_id: str) -> RunLedger:
        """Return the ledger of a run, to be read in parts."""
        return RunLedger(self._connection, run_id)

    def selection(self, run_id: str) -> pa.Table:
        """Return the records of a run by seq, columns of `SELECTION`; empty where the run was never started."""
        return self._read("replay_selection", SELECTION, run_id)

    def edits(self, run_id: str) -> pa.Table:
        """Return the records of a run that were rewritten, by seq, columns of `EDITS`."""
        return self._read("replay_edits", EDITS, run_id)

    def sent_home(self) -> dict[str, str]:
        """Return the dead letters that runs in mode ``redrive`` have sent, by position, with the run."""
        with self._connection.cursor() as cursor:
            return sent_home(cursor)

    def arrived_home(self) -> dict[str, tuple[str, datetime | None]]:
        """Return where and when these runs wrote the records of dead letters, by position, with the run."""
        with self._connection.cursor() as cursor:
            return arrived_home(cursor)

    def positions(self, run_id: str) -> pa.Table:
        """Return the target partitions of a run, columns of `POSITIONS`."""
        return self.ledger_of(run_id).positions()

    def transactions(self, run_id: str) -> pa.Table:
        """Return the transactions of a run, in order."""
        with self._connection.cursor() as cursor:
            query = "SELECT * EXCLUDE (run_id) FROM replay_txns WHERE run_id = ? ORDER BY lane_group, txn_no"
            return cursor.sql(query, params=[run_id]).to_arrow_table()

    def _read(self, name: str, schema: pa.Schema, run_id: str) -> pa.Table:
        columns = ", ".join(f'"{column}"' for column in schema.names)
        with self._connection.cursor() as cursor:
            query = f"SELECT {columns} FROM {name} WHERE run_id = ?"  # noqa: S608 - constants only
            found: pa.Table = cursor.sql(query, params=[run_id]).to_arrow_table().cast(schema)
        # They were entered in order, and sorting all of them takes more memory than the journal has.
        return found if ascends(found["seq"].to_numpy()) else found.sort_by("seq")


def _what_became_of(rows: Sequence[RunHead]) -> str:
    if not rows:
        return ". Make the plan again; its last line says how to confirm it"
    row = rows[0]
    if row.state != "in_doubt":
        return f": it was run as {row.run_id} and is {row.state}. One plan is one run; make the plan again"
    return f": its run {row.run_id} is in doubt ({row.error or 'no result'}). {WAY_ON.format(run=row.run_id)}"
