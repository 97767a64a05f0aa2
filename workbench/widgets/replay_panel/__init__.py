"""The panel of a replay plan: facts, warnings, confirmation, progress, report."""

from workbench.widgets.replay_panel.panel import ReplayPanel

__all__ = ["ReplayPanel"]
