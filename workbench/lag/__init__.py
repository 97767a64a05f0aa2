"""Consumer lag: sampling, arithmetic, history in a snapshot, and the chart.

The way of a sample: `sampler` takes a round, `tables` lays it out, `history` stores it, `quantities` computes lag and
the rest from the tables, `result` shows them and `figure` draws them. `watch` does so again and again.

A verdict (stalled, growing, …) is a function of the frame that `lag_frame` makes. Verdicts will be one module each in a
folder ``verdicts`` beside these, and `LagResult` will give their frame.
"""

from workbench.lag.quantities import COLUMNS, group_totals, lag_frame
from workbench.lag.result import LagResult

__all__ = ["COLUMNS", "LagResult", "group_totals", "lag_frame"]
