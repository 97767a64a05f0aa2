"""Registered nodes, tools and subsystems at a time."""

from __future__ import annotations

import pandas as pd
import pytest
from event_rows import at, table

from workbench.tracing.state import registry_at


def test_registry_frames_have_their_columns_without_any_event():
    frame = registry_at(table())
    assert frame.empty
    assert str(frame["since"].dtype).startswith("datetime64")


@pytest.mark.promise("IN-6")
def test_the_registry_at_any_moment():
    events = table(
        (1, "node.registered", {"node_id": "n1"}),
        (2, "mcp.tool_registered", {"tool_name": "search"}),
        (3, "mcp.subsystem_registered", {"subsystem": "billing"}),
        (4, "node.health_update", {"node_id": "n1", "status": "degraded"}),
        (5, "mcp.health_check", {"tool_name": "search", "status": "ok"}),
        (6, "node.deregistered", {"node_id": "n1"}),
        (7, "node.health_update", {"status": "ok"}, {"source": "n2"}),
        (8, "mcp.health_check", {"status": "ok"}, {"source": "nobody"}),
    )
    before = registry_at(events, at(2))
    assert list(zip(before["kind"], before["name"], strict=True)) == [("node", "n1"), ("tool", "search")]
    end = registry_at(events).set_index("name")
    assert list(end.index) == ["n1", "n2", "billing", "search"]
    assert (end.loc["n1", "registered"], end.loc["n1", "health"], end.loc["n1", "events"]) == (False, "degraded", 3)
    assert (end.loc["search", "registered"], end.loc["search", "health"]) == (True, "ok")
    assert pd.isna(end.loc["n2", "registered"])
    assert end.loc["n1", "since"] == pd.Timestamp(at(6))
