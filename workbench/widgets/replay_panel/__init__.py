"""Panel of a replay plan: facts, warnings, confirmation, progress and report."""

from workbench.widgets.replay_panel.model import ReplayPanel

__all__ = ["ReplayPanel"]
