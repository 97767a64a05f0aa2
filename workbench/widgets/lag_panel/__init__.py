"""Panel of a lag watch: a chart, and the newest sample as a table."""

from workbench.widgets.lag_panel.model import LagPanel

__all__ = ["LagPanel"]
