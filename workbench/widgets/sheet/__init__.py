"""Sheet: a view of text blocks, tables and progress bars, which the panels are built from."""

from workbench.widgets.sheet.model import Sheet

__all__ = ["Sheet"]
