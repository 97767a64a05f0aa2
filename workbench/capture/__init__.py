"""Captures topics into a snapshot. `resolve_window` is of use without a snapshot, so the rest is loaded when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.capture.window import Window, resolve_spans, resolve_window

if TYPE_CHECKING:
    from workbench.capture.beginning import Beginning
    from workbench.capture.run import CaptureResult, capture

__all__ = ["Beginning", "CaptureResult", "Window", "capture", "resolve_spans", "resolve_window"]


def __getattr__(name: str) -> Any:
    if name == "Beginning":
        from workbench.capture.beginning import Beginning

        return Beginning
    if name in {"CaptureResult", "capture"}:
        from workbench.capture import run

        return getattr(run, name)
    raise AttributeError(f"module 'workbench.capture' has no attribute {name!r}")
