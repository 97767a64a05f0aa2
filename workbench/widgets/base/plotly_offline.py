"""Charts that send nothing to the internet; the functions stand with the charts that need no widgets."""

from workbench.charts.display import OFFLINE, keep_figures_offline, show_figure

__all__ = ["OFFLINE", "keep_figures_offline", "show_figure"]
