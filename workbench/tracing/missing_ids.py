"""Says that no event of a graph has an id, and where the fields are seen that could be it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from workbench.text import counted
from workbench.tracing.graph.columns import flags

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph

_NAMES = {"event_id": "an event id", "correlation_id": "a correlation id"}


def missing_ids_text(graph: CausalGraph, name: str) -> str | None:
    """Say that there is no event, or that none has such an id because a convention is missing; None where some have.

    Args:
        graph: A causal graph.
        name: ``event_id`` or ``correlation_id``; for other names there is nothing to say.
    """
    if not len(graph):
        return "It holds no event at all: capture some records first."
    if name not in _NAMES or flags(pc.is_valid(graph.column(name))).any():
        return None
    return (
        f"0 of {counted(len(graph), 'event')} have {_NAMES[name]}, because no convention says where it is; "
        "`snap.describe()` (`workbench describe`) shows candidates."
    )
