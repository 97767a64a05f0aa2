"""Enters what a run is about to write, and what became of it, in the tables of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.store.journal.audit import add_audit_row
from workbench.store.journal.results import EDITS, OUTCOME_NAMES, OUTCOMES, SELECTION
from workbench.store.journal.states import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from workbench.store.file.connection import Connection
    from workbench.store.journal.runs import Settlement


def enter_records(
    connection: Connection,
    run_id: str,
    selection: pa.Table | pa.RecordBatchReader,
    edits: pa.Table | pa.RecordBatchReader | None,
) -> None:
    """Enter the records of a run, in place of those that an earlier try left.

    In parts, because a transaction is held in memory; a process that dies meanwhile leaves some of them.
    """
    forget_records(connection, run_id)
    for name, schema, given in (("replay_selection", SELECTION, selection), ("replay_edits", EDITS, edits)):
        for part in _parts(given):
            with connection.transaction() as cursor:
                cursor.register("given_rows", part.cast(schema))
                cursor.execute(f"INSERT INTO {name} SELECT ?, * FROM given_rows", [run_id])  # noqa: S608 - constants only


def _parts(given: pa.Table | pa.RecordBatchReader | None) -> Iterator[pa.Table]:
    if isinstance(given, pa.Table):
        yield given
    elif given is not None:
        yield from (pa.table(batch) for batch in given)


def forget_records(connection: Connection, run_id: str) -> None:
    """Take out what `enter_records` entered."""
    with connection.transaction() as cursor:
        for name in ("replay_selection", "replay_edits"):
            cursor.execute(f"DELETE FROM {name} WHERE run_id = ?", [run_id])  # noqa: S608 - constants only


def enter_settlement(cursor: duckdb.DuckDBPyConnection, run_id: str, settlement: Settlement) -> None:
    """Enter the end of a transaction, with the outcome of each of its records."""
    transaction = settlement.transaction
    cursor.execute(
        'UPDATE replay_txns SET state = ?, "at" = ? WHERE run_id = ? AND lane_group = ? AND txn_no = ?',
        [settlement.state, utc_now(), run_id, transaction.lane_group, transaction.txn_no],
    )
    enter_outcomes(cursor, run_id, settlement.outcomes, replace=settlement.again)
    for entry in settlement.audit:
        add_audit_row(cursor, run_id, entry)


def enter_unknown(cursor: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Enter the records of a batch that was begun and not settled as ``unknown``."""
    cursor.execute(
        """INSERT INTO replay_outcomes
        SELECT s.run_id, s.seq, $2, 'sent, not settled', NULL, NULL, NULL
        FROM replay_selection AS s JOIN replay_txns AS t
            ON t.run_id = s.run_id AND t.state = 'intent' AND s.seq BETWEEN t.first_seq AND t.last_seq
        WHERE s.run_id = $1 AND s.seq NOT IN (SELECT seq FROM replay_outcomes WHERE run_id = $1)""",
        [run_id, OUTCOME_NAMES.index("unknown")],
    )
    cursor.execute("UPDATE replay_txns SET state = 'unknown' WHERE run_id = ? AND state = 'intent'", [run_id])


def enter_outcomes(cursor: duckdb.DuckDBPyConnection, run_id: str, rows: pa.Table, *, replace: bool = False) -> None:
    """Enter outcomes, columns of `OUTCOMES`; with ``replace`` in place of those that the same records have."""
    rows = rows.cast(OUTCOMES)
    codes = pc.index_in(rows["outcome"], pa.array(OUTCOME_NAMES)).cast(pa.uint8())
    cursor.register("given_rows", rows.set_column(1, "outcome", codes))
    if replace:
        query = "DELETE FROM replay_outcomes WHERE run_id = ? AND seq IN (SELECT seq FROM given_rows)"
        cursor.execute(query, [run_id])
    cursor.execute("INSERT INTO replay_outcomes SELECT ?, * FROM given_rows", [run_id])
