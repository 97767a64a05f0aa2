"""Says what a snapshot holds: the fields of payloads and headers, conventions that would fit, events over time."""

from workbench.exploration.describing import describe
from workbench.exploration.description import Description

__all__ = ["Description", "describe"]
