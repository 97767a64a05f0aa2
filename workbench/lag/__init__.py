"""What samples of consumer lag say: pure functions from rounds to frames."""

from workbench.lag.quantities import COLUMNS, group_totals, lag_frame

__all__ = ["COLUMNS", "group_totals", "lag_frame"]
