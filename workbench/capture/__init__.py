"""Bounded and following reads from a record log into a snapshot."""

from workbench.capture.run import CaptureResult, capture
from workbench.capture.window import Window, resolve_spans, resolve_window

__all__ = ["CaptureResult", "Window", "capture", "resolve_spans", "resolve_window"]
