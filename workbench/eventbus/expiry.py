"""Time to live: events are neither published nor handled after ``timestamp + ttl_seconds``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.model.events.event import EventMessage


def expired(event: EventMessage, now: datetime) -> bool:
    """Whether ``timestamp + ttl_seconds`` lies before ``now``."""
    ttl = event.metadata.ttl_seconds
    if ttl is None:
        return False
    stamped = datetime.fromisoformat(event.timestamp)
    stamped = stamped if stamped.tzinfo is not None else stamped.replace(tzinfo=UTC)
    try:
        return stamped + timedelta(seconds=ttl) < now
    except OverflowError:
        return False
