"""The states of a replay run, and the moves between them (docs/replay-rules.md, "Journal states")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.errors import SnapshotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

NEXT_STATES: Mapping[str, frozenset[str]] = {
    "planned": frozenset({"confirmed"}),
    "confirmed": frozenset({"running", "failed"}),
    "running": frozenset({"done", "stopped", "failed", "in_doubt"}),
    "in_doubt": frozenset({"abandoned", "done", "running", "stopped"}),
    "stopped": frozenset({"running"}),
    "failed": frozenset({"running"}),
    "done": frozenset({"verified", "not_verified"}),
    "verified": frozenset({"verified", "not_verified"}),
    "not_verified": frozenset({"verified", "not_verified"}),
}
_ENDED = frozenset({"done", "stopped", "failed", "in_doubt"})
_TIME_COLUMNS = {"confirmed": "confirmed_at", "running": "started_at", **dict.fromkeys(_ENDED, "finished_at")}
"""Column that keeps when a run came into a state."""


def utc_now() -> datetime:
    """Return the time as DuckDB stores it: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def move(cursor: duckdb.DuckDBPyConnection, run_id: str, state: str, error: str | None = None) -> None:
    """Move a run to another state.

    Raises:
        SnapshotError: The run is not in the journal, or its state cannot become this one.
    """
    found = cursor.execute("SELECT state FROM replays WHERE run_id = ?", [run_id]).fetchone()
    current = None if found is None else found[0]
    if current is None or state not in NEXT_STATES.get(current, frozenset()):
        raise SnapshotError(f"Replay {run_id} is {current or 'not in this journal'}; it cannot become {state}.")
    cursor.execute("UPDATE replays SET state = ?, error = coalesce(?, error) WHERE run_id = ?", [state, error, run_id])
    column = _TIME_COLUMNS.get(state)
    if column is not None:
        # A run that is resumed began once, and ends where its last attempt does.
        first = "NULL" if state in _ENDED else column
        query = f"UPDATE replays SET {column} = coalesce({first}, ?) WHERE run_id = ?"  # noqa: S608 - constants only
        cursor.execute(query, [utc_now(), run_id])
