"""View panel: the state of a materialized view on each partition, and the log of its transform."""

from workbench.widgets.view_panel.model import ViewPanel

__all__ = ["ViewPanel"]
