"""Nodes, tools and subsystems as registered at a moment, from ``node.*`` and ``mcp.*`` events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.tracing.state.projection import events_until

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from workbench.tracing.state.projection import ProjectedEvent

_NAMES = {
    "node": ("node_id", "node_name", "node", "name", "id"),
    "tool": ("tool_id", "tool_name", "tool"),
    "subsystem": ("subsystem_id", "subsystem_name", "subsystem"),
}
_REGISTRATIONS = {
    "node.registered": ("node", True),
    "node.deregistered": ("node", False),
    "mcp.tool_registered": ("tool", True),
    "mcp.subsystem_registered": ("subsystem", True),
}
_HEALTH = {"node.health_update": ("node",), "mcp.health_check": ("tool", "subsystem")}
REGISTRY_TYPES = frozenset(_REGISTRATIONS) | frozenset(_HEALTH)
_COLUMNS = ("kind", "name", "registered", "since", "last_seen", "health", "events", "source", "environment")


def registry_at(events: pa.Table, at: datetime | None = None) -> pd.DataFrame:
    """Tell what was registered at a moment, and its last known health.

    Names are read from the payload (``node_id``, ``tool_name``, ``subsystem`` and their like), else the source is the
    name. Something known only by its health has ``registered`` unknown.

    Args:
        events: Decoded events with ``topic``, ``timestamp_ms`` and ``value``.
        at: The moment, inclusive; None for the end of the table.

    Returns:
        One row for each node, tool and subsystem, by kind and name.
    """
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events_until(events, REGISTRY_TYPES, at):
        kind, name = _subject(event)
        if name is None:
            continue
        entry = entries.setdefault((kind, name), {"kind": kind, "name": name, "registered": None, "events": 0})
        if event.event_type in _REGISTRATIONS:
            registered = _REGISTRATIONS[event.event_type][1]
            if entry["registered"] != registered:
                entry["since"] = event.at
            entry["registered"] = registered
        entry["health"] = event.first(("status", "health", "state")) or entry.get("health")
        entry |= {
            "last_seen": event.at,
            "events": entry["events"] + 1,
            "source": event.source,
            "environment": event.environment,
        }
    frame = pd.DataFrame(list(entries.values()), columns=list(_COLUMNS))
    for column in ("since", "last_seen"):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    return frame.astype({"registered": "boolean", "events": "int64"}).sort_values(["kind", "name"], ignore_index=True)


def _subject(event: ProjectedEvent) -> tuple[str, str | None]:
    kinds = (_REGISTRATIONS[event.event_type][0],) if event.event_type in _REGISTRATIONS else _HEALTH[event.event_type]
    for kind in kinds:
        if (name := event.first(_NAMES[kind])) is not None:
            return kind, name
    alone = len(kinds) == 1
    return kinds[0], (event.first(("name", "id")) or event.source) if alone else None
