"""Workflow runs at a moment, from ``workflow.*`` events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.tracing.state.projection import events_until

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

_STATES = {
    "workflow.created": "created",
    "workflow.started": "running",
    "workflow.paused": "paused",
    "workflow.completed": "completed",
    "workflow.failed": "failed",
    "workflow.cancelled": "cancelled",
}
WORKFLOW_TYPES = frozenset(_STATES)
_COLUMNS = (
    "workflow_id", "state", "ended", "since", "created", "events", "correlation_id", "source", "environment",
    "last_event_id",
)  # fmt: skip
_END = frozenset({"completed", "failed", "cancelled"})


def workflows_at(events: pa.Table, at: datetime | None = None) -> pd.DataFrame:
    """Tell the state of each workflow run at a moment.

    A run is named by ``workflow_id`` of its payload, else by its correlation id; its state is that of its last event.
    An event seen twice counts once.

    Args:
        events: Decoded events with ``topic``, ``timestamp_ms`` and ``value``.
        at: The moment, inclusive; None for the end of the table.

    Returns:
        One row for each run, by the time since which it is in its state.
    """
    runs: dict[str, dict[str, Any]] = {}
    for event in events_until(events, WORKFLOW_TYPES, at):
        name = event.first(("workflow_id",)) or event.correlation_id
        if name is None:
            continue
        run = runs.setdefault(name, {"workflow_id": name, "created": event.at, "events": 0})
        state = _STATES[event.event_type]
        if run.get("state") != state:
            run["since"] = event.at
        run |= {
            "state": state,
            "ended": state in _END,
            "events": run["events"] + 1,
            "correlation_id": event.correlation_id,
            "source": event.source,
            "environment": event.environment,
            "last_event_id": event.event_id,
        }
    frame = pd.DataFrame(list(runs.values()), columns=list(_COLUMNS))
    for column in ("since", "created"):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    return frame.astype({"ended": "bool", "events": "int64"}).sort_values(["since", "workflow_id"], ignore_index=True)
