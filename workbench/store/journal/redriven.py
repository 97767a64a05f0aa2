"""Reads from the ledgers which dead letters were sent home, and where their records then lay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.journal.results import OUTCOME_NAMES
from workbench.text import position_text

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

_RUNS = """
    FROM replays AS r JOIN replay_selection AS s ON s.run_id = r.run_id
    JOIN replay_outcomes AS o ON o.run_id = s.run_id AND o.seq = s.seq
    WHERE r.plan ->> '$.document.mode' = 'redrive' AND o.outcome = ?"""


_ACKED = OUTCOME_NAMES.index("acked")


def sent_home(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the run that sent each dead letter home, by the position of the letter."""
    query = f'SELECT s.topic, s."partition", s."offset", s.run_id {_RUNS}'
    rows = cursor.execute(query, [_ACKED]).fetchall()
    return {position_text(topic, partition, offset): run for topic, partition, offset, run in rows}


def arrived_home(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, datetime | None]]:
    """Return the run that wrote each record of a dead letter to its origin, and when, by the position there."""
    query = f"""SELECT s.target_topic, s.target_partition, o.target_offset, s.run_id, o.acked_at {_RUNS}
        AND o.target_offset IS NOT NULL"""
    rows = cursor.execute(query, [_ACKED]).fetchall()
    return {position_text(topic, partition, offset): (run, at) for topic, partition, offset, run, at in rows}
