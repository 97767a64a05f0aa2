"""Reads from the ledgers which dead letters were sent home, and where their records then lay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.journal.results import OUTCOME_NAMES
from workbench.text import position_text

if TYPE_CHECKING:
    import duckdb

_RUNS = """
    FROM replays AS r JOIN replay_selection AS s ON s.run_id = r.run_id
    JOIN replay_outcomes AS o ON o.run_id = s.run_id AND o.seq = s.seq
    WHERE r.plan ->> '$.document.mode' = 'redrive' AND o.outcome = ?"""


def sent_home(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the run that sent each dead letter home, by the position of the letter."""
    return _by_position(cursor, 's.topic, s."partition", s."offset"', "")


def arrived_home(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the run that wrote each record of a dead letter to its origin, by the position there."""
    told = "AND o.target_offset IS NOT NULL"
    return _by_position(cursor, "s.target_topic, s.target_partition, o.target_offset", told)


def _by_position(cursor: duckdb.DuckDBPyConnection, columns: str, condition: str) -> dict[str, str]:
    query = f"SELECT {columns}, s.run_id {_RUNS} {condition}"
    rows = cursor.execute(query, [OUTCOME_NAMES.index("acked")]).fetchall()
    return {position_text(topic, partition, offset): run for topic, partition, offset, run in rows}
