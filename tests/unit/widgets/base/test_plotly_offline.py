from __future__ import annotations

from widget_feeds import ScriptedLag

from workbench.widgets import LagPanel, keep_figures_offline
from workbench.widgets.base.plotly_offline import OFFLINE


def test_charts_have_no_way_out() -> None:
    import plotly.io

    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    for key, value in OFFLINE.items():
        assert panel.chart.config[key] == value
    keep_figures_offline()
    assert plotly.io.renderers["plotly_mimetype"].config["modeBarButtonsToRemove"] == ["sendChartToCloud"]
    assert type(panel.figure()).__name__ == "StillFigure"
    assert repr(panel) == "<LagPanel lag of billing>"
    panel.close()
