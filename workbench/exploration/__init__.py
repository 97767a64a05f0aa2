"""Says what a snapshot holds: the fields of payloads and headers, conventions that would fit, events over time."""

from workbench.exploration.describing import describe
from workbench.exploration.description import Description
from workbench.exploration.rate import EventRate, event_rate
from workbench.exploration.unread import unread_selectors

__all__ = ["Description", "EventRate", "describe", "event_rate", "unread_selectors"]
