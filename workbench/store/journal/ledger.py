"""Reads the ledger of one run: whole, in parts, or as counts, so that its size does not decide about memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.store.journal.results import LEDGER, OUTCOME_NAMES, POSITIONS

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.store.file.connection import Connection

NEVER_TRIED = 255
"""Code of a record without an outcome; the others are indexes of `OUTCOME_NAMES`."""

_ROWS = 1 << 16
# An entry of an edit ends with the new id. As JSON, DuckDB would need memory of twelve times its size to read it.
_ROWS_QUERY = """
    SELECT s.seq, s.topic, s."partition", s."offset", s.body_sha256, s.target_topic, s.target_partition,
           o.target_offset, o.target_timestamp_ms, e.new_event_id,
           $1[o.outcome + 1] AS outcome, o.reason, o.acked_at
    FROM (SELECT * FROM replay_selection WHERE run_id = $2 AND seq BETWEEN $3 AND $4) AS s
    JOIN (SELECT * FROM replay_outcomes WHERE run_id = $2 AND seq BETWEEN $3 AND $4) AS o ON o.seq = s.seq
    LEFT JOIN (
        SELECT seq, nullif(regexp_extract(right(patch, 64), '"new_event_id": "([^"]+)"}$', 1), '') AS new_event_id
        FROM replay_edits
        WHERE run_id = $2 AND seq BETWEEN $3 AND $4
    ) AS e ON e.seq = s.seq
    WHERE $5 IS NULL OR o.outcome = $5
    ORDER BY s.seq"""
_AT_QUERY = """
    SELECT s.seq, o.target_offset
    FROM (SELECT * FROM replay_outcomes WHERE run_id = $1 AND target_offset BETWEEN $2 AND $3) AS o
    JOIN (SELECT * FROM replay_selection WHERE run_id = $1) AS s ON s.seq = o.seq
    WHERE s.target_topic = $4 AND s.target_partition = $5
    ORDER BY o.target_offset"""

# The next offset follows from the outcomes; runs of earlier versions stored it. Joining by the run as well, which is a
# text, takes eight times as long.
_POSITIONS_QUERY = """
    SELECT p.target_topic, p.target_partition, p.start_offset,
           greatest(p.next_target_offset, f.following) AS next_target_offset
    FROM replay_positions AS p LEFT JOIN (
        SELECT s.target_topic, s.target_partition, max(o.target_offset) + 1 AS following
        FROM (SELECT seq, target_offset FROM replay_outcomes WHERE run_id = $1) AS o
        JOIN (SELECT seq, target_topic, target_partition FROM replay_selection WHERE run_id = $1) AS s ON s.seq = o.seq
        GROUP BY ALL
    ) AS f ON f.target_topic = p.target_topic AND f.target_partition = p.target_partition
    WHERE p.run_id = $1 ORDER BY p.target_topic, p.target_partition"""


class RunLedger:
    """The ledger of one run. Each call reads the file."""

    def __init__(self, connection: Connection, run_id: str) -> None:
        self._connection = connection
        self._run_id = run_id

    def rows(self, first: int = 0, stop: int | None = None, *, outcome: str | None = None) -> pa.Table:
        """Return rows by seq, columns of `LEDGER`; records that were never attempted have none.

        Args:
            first: The first seq.
            stop: Seqs below this one; all without it.
            outcome: Only this outcome.
        """
        import pyarrow as pa

        code = None if outcome is None else OUTCOME_NAMES.index(outcome)
        with self._connection.cursor() as cursor:
            stop = self._count(cursor) if stop is None else stop
            parts = []
            # One query would join and sort all rows at once, in the memory of the journal.
            for at in range(first, stop, _ROWS):
                values = [OUTCOME_NAMES, self._run_id, at, min(at + _ROWS, stop) - 1, code]
                parts.append(cursor.sql(_ROWS_QUERY, params=values).to_arrow_table().cast(LEDGER))
        return pa.concat_tables([LEDGER.empty_table(), *parts])

    def written(self, first: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return target offset and timestamp of each record from ``first`` on, -1 where the ledger has none."""
        offsets, times = (np.full(stop - first, -1, np.int64) for _ in range(2))
        query = """SELECT seq, coalesce(target_offset, -1), coalesce(target_timestamp_ms, -1) FROM replay_outcomes
            WHERE run_id = ? AND seq BETWEEN ? AND ?"""
        with self._connection.cursor() as cursor:
            found = cursor.sql(query, params=[self._run_id, first, stop - 1]).to_arrow_table()
        rows = found.column(0).to_numpy() - first
        offsets[rows], times[rows] = found.column(1).to_numpy(), found.column(2).to_numpy()
        return offsets, times

    def positions(self) -> pa.Table:
        """Return the target partitions of the run, columns of `POSITIONS`."""
        with self._connection.cursor() as cursor:
            found: pa.Table = cursor.sql(_POSITIONS_QUERY, params=[self._run_id]).to_arrow_table()
        return found.cast(POSITIONS)

    def outcomes(self) -> NDArray[np.uint8]:
        """Return the code of the outcome of every record of the run, by seq."""
        with self._connection.cursor() as cursor:
            codes = np.full(self._count(cursor), NEVER_TRIED, np.uint8)
            found = cursor.sql("SELECT seq, outcome FROM replay_outcomes WHERE run_id = ?", params=[self._run_id])
            for batch in found.to_arrow_reader(_ROWS):
                codes[batch.column(0).to_numpy()] = batch.column(1).to_numpy()
        return codes

    def _count(self, cursor: duckdb.DuckDBPyConnection) -> int:
        query = "SELECT coalesce(max(seq), -1) + 1 FROM replay_selection WHERE run_id = ?"
        return int(cursor.execute(query, [self._run_id]).fetchall()[0][0])

    def counts(self) -> dict[str, int]:
        """Return the records by outcome."""
        with self._connection.cursor() as cursor:
            query = "SELECT outcome, count(*) FROM replay_outcomes WHERE run_id = ? GROUP BY outcome"
            found = dict(cursor.execute(query, [self._run_id]).fetchall())
        return {name: found.get(code, 0) for code, name in enumerate(OUTCOME_NAMES)}

    def settled(self, again: Collection[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the seqs that need not be sent, and those of them that were acknowledged, ascending.

        Args:
            again: Reasons of skipped records that are to be sent.
        """
        query = """SELECT seq, outcome = $2 FROM replay_outcomes WHERE run_id = $1
            AND (outcome = $2 OR outcome = $3 AND NOT list_contains($4, coalesce(reason, ''))) ORDER BY seq"""
        codes = [OUTCOME_NAMES.index(name) for name in ("acked", "skipped")]
        with self._connection.cursor() as cursor:
            found = cursor.sql(query, params=[self._run_id, *codes, sorted(again)]).to_arrow_table()
        seqs = found.column(0).to_numpy()
        return seqs, seqs[found.column(1).to_numpy()]

    def untold(self) -> int:
        """Return how many acknowledged records have no known offset."""
        query = "SELECT count(*) FROM replay_outcomes WHERE run_id = ? AND outcome = ? AND target_offset IS NULL"
        with self._connection.cursor() as cursor:
            return int(cursor.execute(query, [self._run_id, OUTCOME_NAMES.index("acked")]).fetchall()[0][0])

    def written_at(self, topic: str, partition: int, first: int, last: int) -> tuple[NDArray[np.int64], ...]:
        """Return the seqs of the records that were acknowledged in a range of target offsets, and their offsets."""
        with self._connection.cursor() as cursor:
            values = [self._run_id, first, last, topic, partition]
            found = cursor.sql(_AT_QUERY, params=values).to_arrow_table()
        return tuple(column.to_numpy() for column in found.columns)

    def with_bodies(self, digests: pa.Array) -> int:
        """Return how many of these body digests are those of records of the run."""
        import pyarrow as pa

        query = """SELECT count(*) FROM given_digests SEMI JOIN (
            SELECT body_sha256 FROM replay_selection WHERE run_id = ?) USING (body_sha256)"""
        with self._connection.cursor() as cursor:
            cursor.register("given_digests", pa.table({"body_sha256": digests}))
            return int(cursor.execute(query, [self._run_id]).fetchall()[0][0])
