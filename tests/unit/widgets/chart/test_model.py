from __future__ import annotations

import json
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from workbench.widgets.chart import Chart

if TYPE_CHECKING:
    from widget_browser import Browser


def test_plotly_is_sent_when_a_page_asks_and_is_in_no_saved_state(browser: Browser) -> None:
    chart = Chart(go.Figure(go.Bar(y=[1])), name="lag")
    assert len(json.dumps(chart.get_state(), default=str)) < 40_000
    browser.show(chart)
    assert browser.sent(chart, "library") == []
    browser.says(chart, {"kind": "library"})
    (_, (library,)) = chart.comm.sent[-1]
    assert len(library) > 1_000_000


def test_a_view_that_comes_late_gets_the_newest_figure_only(browser: Browser) -> None:
    chart = Chart(go.Figure(go.Bar(y=[1])))
    for number in range(100):
        chart.show(go.Figure(go.Bar(y=[number])))
    browser.show(chart)
    ((_, (figure,)),) = chart.comm.sent
    assert json.loads(figure)["data"][0]["y"] == [99]
    chart.show(go.Figure(layout={"title": "other"}))
    assert len(browser.sent(chart, "figure")) == 2
    assert repr(chart.snapshot()) == "other"
