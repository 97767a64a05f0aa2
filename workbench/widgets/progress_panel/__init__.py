"""The panel that shows how far a capture or another long task is."""

from workbench.widgets.progress_panel.panel import ProgressPanel

__all__ = ["ProgressPanel"]
