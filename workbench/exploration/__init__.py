"""Says what a snapshot holds: the fields of payloads and headers, conventions that would fit, events over time.

A capture needs the notes of `unread` alone, so the rest is loaded when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.exploration.comparing import compare_snapshots
    from workbench.exploration.describing import describe
    from workbench.exploration.description import Description
    from workbench.exploration.rate import EventRate, event_rate
    from workbench.exploration.unread import unread_selectors

__all__ = ["Description", "EventRate", "compare_snapshots", "describe", "event_rate", "unread_selectors"]
_HOMES = {
    "compare_snapshots": "comparing",
    "describe": "describing",
    "Description": "description",
    "EventRate": "rate",
    "event_rate": "rate",
    "unread_selectors": "unread",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"workbench.exploration.{_HOMES[name]}"), name)
