"""Options of pictures: what goes together, and what is said of what does not."""

from __future__ import annotations

import pytest
from order_flow import scenario

from workbench.cli.pictures import charted, picture_options
from workbench.errors import ConfigurationError


@pytest.mark.parametrize(
    ("layout", "by", "options"),
    [
        (None, None, {"layout": None}),
        ("waterfall", None, {"layout": "waterfall"}),
        ("swimlanes", "source", {"layout": "swimlanes", "lanes": "source"}),
        ("map", "event_type", {"layout": "map", "boxes": "event_type"}),
    ],
)
def test_options_name_the_picture_and_its_lanes_or_boxes(layout, by, options):
    found = picture_options(layout, by, svg=True, mermaid=False)
    assert found == options
    assert scenario("k1").svg(**found).startswith("<svg")


@pytest.mark.parametrize(
    ("layout", "by", "form", "said"),
    [
        ("pie", None, "svg", "--layout pie is not known"),
        ("map", None, None, "--layout goes with --svg"),
        ("waterfall", None, "mermaid", "or with --mermaid for layered, sequence and map"),
        (None, "source", "svg", "--by goes with --layout swimlanes and --layout map"),
        ("swimlanes", "event_type", "svg", "--by event_type is not known. Choose topic, source"),
        ("map", "colour", "mermaid", "Choose event_type, source, topic"),
    ],
)
def test_what_does_not_go_together_is_refused(layout, by, form, said):
    with pytest.raises(ConfigurationError, match=said.replace(".", r"\.")):
        picture_options(layout, by, svg=form == "svg", mermaid=form == "mermaid")


def test_charts_are_those_of_the_picture():
    trace = scenario("k1")
    assert charted(trace, {"layout": None}) is trace
    assert charted(trace, {"layout": "sequence"}).mermaid().startswith("sequenceDiagram")
    assert '"shop"' in charted(trace, {"layout": "map", "boxes": "source"}).mermaid()
