"""Notebook widgets: anywidget models for table and graph, plotly for charts, ipywidgets for forms."""

from workbench.widgets.base.plotly_offline import keep_figures_offline, show_figure
from workbench.widgets.causation_graph.model import CausationGraph
from workbench.widgets.explorer.panel import Explorer
from workbench.widgets.lag_panel.model import LagPanel
from workbench.widgets.lineage_panel.model import LineagePanel
from workbench.widgets.live_tail.model import LiveTail
from workbench.widgets.progress_panel.model import ProgressPanel
from workbench.widgets.replay_panel.model import ReplayPanel
from workbench.widgets.schema_panel.model import SchemaPanel
from workbench.widgets.view_panel.model import ViewPanel

__all__ = [
    "CausationGraph",
    "Explorer",
    "LagPanel",
    "LineagePanel",
    "LiveTail",
    "ProgressPanel",
    "ReplayPanel",
    "SchemaPanel",
    "ViewPanel",
    "keep_figures_offline",
    "show_figure",
]
