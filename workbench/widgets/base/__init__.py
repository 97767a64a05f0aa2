"""Base of all widgets: messages, flow control, the way back to the notebook's event loop."""

from workbench.widgets.base.widget import Widget

__all__ = ["Widget"]
