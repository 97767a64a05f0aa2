"""Panel that shows the progress of a capture or of another long job."""

from workbench.widgets.progress_panel.model import ProgressPanel

__all__ = ["ProgressPanel"]
