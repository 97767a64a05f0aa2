"""Views for notebooks: own anywidgets for table and graph, plotly for charts, ipywidgets for forms."""

from workbench.widgets.causation_graph.widget import CausationGraph
from workbench.widgets.lag_panel.panel import LagPanel
from workbench.widgets.live_tail.widget import LiveTail
from workbench.widgets.plotly_offline import figure_widget, keep_figures_offline
from workbench.widgets.progress_panel.panel import ProgressPanel
from workbench.widgets.replay_panel.panel import ReplayPanel

__all__ = [
    "CausationGraph",
    "LagPanel",
    "LiveTail",
    "ProgressPanel",
    "ReplayPanel",
    "figure_widget",
    "keep_figures_offline",
]
