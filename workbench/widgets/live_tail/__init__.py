"""Live table of the records that a tail reads."""

from workbench.widgets.live_tail.model import LiveTail

__all__ = ["LiveTail"]
