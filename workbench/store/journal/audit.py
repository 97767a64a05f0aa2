"""The table ``audit``: who changed what on a cluster, why, and with which result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.store.journal.states import utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb


def add_audit_row(cursor: duckdb.DuckDBPyConnection, operation_id: str, entry: Mapping[str, Any]) -> None:
    """Add a row.

    Args:
        cursor: Inside the transaction that the row belongs to.
        operation_id: Shared by all rows of one operation.
        entry: ``action`` and ``result``; optionally ``who``, ``reason``, ``cluster``, ``topic``, ``records`` and
            ``details``, a mapping; values that JSON lacks are written as text.
    """
    details = entry.get("details")
    cursor.execute(
        "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            operation_id,
            utc_now(),
            entry.get("who") or None,
            entry.get("reason") or None,
            entry["action"],
            entry.get("cluster"),
            entry.get("topic"),
            entry.get("records"),
            entry["result"],
            None if details is None else json.dumps(details, sort_keys=True, default=str),
        ],
    )


def read_audit_rows(
    cursor: duckdb.DuckDBPyConnection, operation_id: str, only: str | None = None
) -> list[dict[str, Any]]:
    """Return the rows of an operation, or of one action of it, oldest first; ``details`` is read from its JSON."""
    query = """SELECT action, result, topic, details FROM audit
        WHERE operation_id = $1 AND ($2 IS NULL OR action = $2) ORDER BY "at" """
    found = cursor.execute(query, [operation_id, only]).fetchall()
    return [
        {"action": action, "result": result, "topic": topic, "details": json.loads(details) if details else {}}
        for action, result, topic, details in found
    ]
