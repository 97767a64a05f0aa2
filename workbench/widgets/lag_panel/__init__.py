"""The panel of a lag watch: charts and a table."""

from workbench.widgets.lag_panel.panel import LagPanel

__all__ = ["LagPanel"]
