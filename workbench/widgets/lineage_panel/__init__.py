"""Lineage panel: source records side by side with what a transform made of them, and its log."""

from workbench.widgets.lineage_panel.model import LineagePanel

__all__ = ["LineagePanel"]
