"""Sheets: blocks of text, tables and progress bars from which the panels are built."""

from workbench.widgets.sheet.sheet import Sheet

__all__ = ["Sheet"]
