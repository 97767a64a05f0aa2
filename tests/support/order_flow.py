"""Scenario S of docs/tracing.md: an order flow of four correlations, as lists and as a trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from decoded_events import event_table
from traces import trace_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.tracing.trace import Trace

S: list[list[Any]] = json.loads("""
[["a1", 0, [], "k1", "OP", "shop"], ["a3", 80, ["a1"], "k1", "SR", "stock"], ["a2", 120, ["a1"], "k1", "PA", "pay"],
 ["a5", 200, ["a2"], "k1", "IS", "bill"], ["a4", 300, ["a2", "a3"], "k1", "SC", "ship"],
 ["b1", 1000, [], "k2", "OP", "shop"], ["b3", 1090, ["b1"], "k2", "SR", "stock"],
 ["b2", 1400, ["b1"], "k2", "PF", "pay"], ["b4", 1500, ["b2"], "k2", "OC", "shop"],
 ["c1", 2000, [], "k3", "OP", "shop"], ["c2", 2110, ["c1"], "k3", "PA", "pay"],
 ["c5", 2190, ["c2"], "k3", "IS", "bill"],
 ["c3", 2300, ["c1"], "k3", "SR", "stock"], ["c4", 2700, ["c2", "c3"], "k3", "SC", "ship"],
 ["d1", 3000, [], "k4", "OP", "shop"], ["d3", 3090, ["d1"], "k4", "SR", "stock"],
 ["d2", 3150, ["d1"], "k4", "PA", "pay"],
 ["d5", 3230, ["d2"], "k4", "IS", "bill"]]
""")


def rows_of(events: Iterable[list[Any]]) -> list[dict[str, Any]]:
    """Return events written as id, t, causes, and perhaps correlation, type and source as rows of an event table."""
    names = ("event_id", "t", "causes", "correlation_id", "event_type", "source")
    rows = [dict(zip(names, event, strict=False)) for event in events]
    return [{**row, "cause_state": "declared" if row["causes"] else "root"} for row in rows]


def trace_of_lists(events: Iterable[list[Any]]) -> Trace:
    """Build the trace of events written as lists."""
    return trace_of(event_table(rows_of(events)))


def scenario(*correlations: str) -> Trace:
    """Build the trace of some correlations of S, or of all."""
    return trace_of_lists(event for event in S if not correlations or event[3] in correlations)
