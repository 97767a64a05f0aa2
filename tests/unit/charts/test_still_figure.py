"""A figure leaves a picture and a table beside plotly's data, and goes where the person's renderer says."""

from __future__ import annotations

import copy

import IPython.display
import plotly.graph_objects as go
import plotly.io
import pytest

from workbench.charts.display import OFFLINE, show_figure
from workbench.charts.still_figure import StillFigure
from workbench.text import StaticView, element

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(IPython.display, "publish_display_data", found.append)
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    return found


def figure():
    return StillFigure(go.Figure(go.Bar(x=[1], y=[2])), still=lambda: StaticView(element("p", "<b>"), "two"))


def test_the_output_has_data_a_picture_and_a_text(published):
    for display in (lambda: show_figure(figure()), figure()._ipython_display_, figure().show):
        display()
        bundle = published.pop()
        assert set(bundle) == {PLOTLY, "text/html", "text/plain"}
        assert "&lt;b&gt;" in bundle["text/html"]
        assert "<script" not in bundle["text/html"]
        assert bundle["text/plain"] == "two"
        assert bundle[PLOTLY]["config"] == OFFLINE
    assert published == []


def test_a_figure_that_was_changed_or_copied_is_still_one_of_plotly(published):
    changed = figure().update_layout(title="mine").add_scatter(x=[1], y=[3])
    changed.show()
    assert published.pop()[PLOTLY]["layout"]["title"]["text"] == "mine"
    assert len(go.Figure(changed).data) == 2
    assert copy.deepcopy(changed).layout.title.text == "mine"
    StillFigure(go.Figure()).show()
    assert set(published.pop()) == {PLOTLY}


def test_the_renderer_that_a_person_chose_is_kept(published, monkeypatch):
    shown = []
    monkeypatch.setattr(go.Figure, "show", lambda _, *args, **options: shown.append((args, options)))
    figure().show("png", width=300)
    monkeypatch.setattr(plotly.io.renderers, "default", "browser")
    figure().show()
    assert [args for args, _ in shown] == [("png",), ()]
    assert shown[0][1] == {"width": 300, "config": OFFLINE}
    assert published == []
