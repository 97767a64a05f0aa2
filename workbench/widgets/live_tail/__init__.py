"""The live table of a tail."""

from workbench.widgets.live_tail.widget import LiveTail

__all__ = ["LiveTail"]
