"""Schema panel: subjects and versions of a registry or a snapshot, their differences, and which records name them."""

from workbench.widgets.schema_panel.model import SchemaPanel

__all__ = ["SchemaPanel"]
