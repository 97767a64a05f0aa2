"""Chart: a plotly figure that is updated while it is shown."""

from workbench.widgets.chart.model import Chart

__all__ = ["Chart"]
