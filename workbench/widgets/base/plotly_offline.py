"""Charts that send nothing to the internet; the functions stand with lag, which shows figures without widgets."""

from workbench.lag.display import OFFLINE, keep_figures_offline, show_figure

__all__ = ["OFFLINE", "keep_figures_offline", "show_figure"]
