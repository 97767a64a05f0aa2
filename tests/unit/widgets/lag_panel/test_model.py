from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from widget_feeds import ScriptedLag

from workbench.widgets import LagPanel

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def blocks(browser: Browser, sheet: Widget) -> list[dict[str, Any]]:
    return browser.sent(sheet, "tick")[-1]["blocks"]  # type: ignore[no-any-return]


def words(browser: Browser, sheet: Widget) -> str:
    return json.dumps(browser.sent(sheet, "tick")[-1:], ensure_ascii=False)


async def test_the_chart_moves_with_the_samples_and_keeps_its_widget(browser: Browser) -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    browser.show(panel.sheet)
    await browser.acknowledge(panel.sheet, lambda: browser.sent(panel.sheet, "tick"))
    assert list(blocks(browser, panel.sheet)[0]["rows"][2]) == ["billing", "2", "8"]
    chart, trace = panel.chart, panel.chart.data[0]
    feed.values, feed.version = [1, 2, 99], 2
    await browser.acknowledge(panel.sheet, lambda: list(panel.chart.data[0].y) == [1, 2, 99])
    assert panel.chart is chart
    assert panel.chart.data[0] is trace
    assert "99" in words(browser, panel.sheet)


def test_without_a_viewer_the_chart_is_not_updated() -> None:
    feed = ScriptedLag()
    panel = LagPanel(feed, figure=feed.chart)
    feed.values, feed.version = [7], 2
    assert list(panel.chart.data[0].y) == [3, 5, 8]
    panel.refresh()
    assert list(panel.chart.data[0].y) == [7]


def test_another_kind_of_chart_replaces_the_traces() -> None:
    import plotly.graph_objects as go

    feed = ScriptedLag()
    kinds = iter([go.Figure(go.Bar(y=[1])), go.Figure([go.Scatter(y=[1, 2]), go.Scatter(y=[3])])])
    panel = LagPanel(feed, figure=lambda _frame: next(kinds))
    feed.version = 2
    panel.refresh()
    assert [trace.type for trace in panel.chart.data] == ["scatter", "scatter"]
