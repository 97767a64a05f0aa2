"""Parts that all widgets share: messages, flow control, the hop to the event loop, bundling of scripts and styles."""

from workbench.widgets.base.model import Widget

__all__ = ["Widget"]
