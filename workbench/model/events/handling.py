"""Holds the event that is being handled, so that events published by its handler name it as their cause."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.model.events.event import ConsumedEvent

handled_event: ContextVar[ConsumedEvent | None] = ContextVar("handled_event", default=None)
"""The event whose handler is running, if any: what it publishes is caused by it."""
