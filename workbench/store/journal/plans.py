"""Plans in the journal: what lists of runs show of them, and the whole plan in parts.

DuckDB holds all long texts of a table in memory when it writes the table's file, and a journal has little memory. So
the table ``replays`` has the few values of a plan that lists need, and ``replay_plans`` the plan in many short texts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.errors import SnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

_PART_LENGTH = 3_000
"""Characters of a part; DuckDB keeps texts of 4,096 bytes and more by themselves."""
_STEP_ROWS = 2_000
"""Parts that are entered at once: what is not committed is held in memory."""


def plan_parts(plan: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Return a plan as rows of ``replay_plans``, as many at a time as one transaction takes."""
    text = json.dumps(plan, sort_keys=True)
    parts = range(0, len(text), _PART_LENGTH)
    for first in range(0, len(parts), _STEP_ROWS):
        step = parts[first : first + _STEP_ROWS]
        numbers = pa.array(range(first, first + len(step)), pa.int32())
        yield pa.table({"part": numbers, "content": [text[start : start + _PART_LENGTH] for start in step]})


def enter_parts(cursor: duckdb.DuckDBPyConnection, run_id: str, parts: pa.Table) -> None:
    """Enter some parts of a plan."""
    cursor.register("given_parts", parts)
    cursor.execute("INSERT INTO replay_plans SELECT ?, part, content FROM given_parts", [run_id])


def enter_planned(cursor: duckdb.DuckDBPyConnection, plan: Mapping[str, Any], *, writer_mode: str, reason: str) -> None:
    """Enter the run of a plan as ``planned``; its parts are there already."""
    facts = plan["facts"]
    cursor.execute(
        """INSERT INTO replays (run_id, plan_hash, plan, reason, created_at, state, writer_mode, target_cluster)
        VALUES (?, ?, ?, ?, ?, 'planned', ?, ?)""",
        [
            facts["run_id"],
            plan["hash"],
            json.dumps(_shown(plan)),
            reason or None,
            datetime.fromtimestamp(plan["created_at_ms"] / 1000, UTC).replace(tzinfo=None),
            writer_mode,
            facts["cluster_id"],
        ],
    )


def read_plan(cursor: duckdb.DuckDBPyConnection, run_id: str, shown: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the whole plan of a run.

    Args:
        cursor: For this query.
        run_id: The run.
        shown: What the table of runs has of it; the whole plan where an earlier version entered it.
    """
    query = "SELECT part, content FROM replay_plans WHERE run_id = ?"
    # A part is there twice where a process died before the run was entered, and entered the plan again.
    parts = dict(cursor.execute(query, [run_id]).fetchall())
    if not parts:
        return shown
    try:
        plan = json.loads("".join(parts[part] for part in sorted(parts)))
    except ValueError as error:
        raise SnapshotError(f"The journal has no readable plan of run {run_id}: {error}.") from error
    if not isinstance(plan, dict):
        raise SnapshotError(f"The journal has no readable plan of run {run_id}: it is a {type(plan).__name__}.")
    return plan


def _shown(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a plan that lists and queries over all runs need, under the same names."""
    document = plan.get("document", {})
    return {
        "document": {name: document[name] for name in ("mode", "records") if name in document},
        "facts": {"targets": plan["facts"]["targets"]},
    }
