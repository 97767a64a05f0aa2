"""Event-type map as a picture."""

from __future__ import annotations

import pytest
import shop_traces
from order_flow import scenario
from traces import flow

from workbench.errors import ConfigurationError
from workbench.tracing.drawing.pictures.types import MOST_TYPES
from workbench.tracing.views import TraceViews


def test_boxes_and_lines_have_the_numbers_of_the_map() -> None:
    found = scenario().type_map()
    picture = found.views().view()
    assert picture.text == "7 types, 6 edges" or picture.text.startswith(
        f"{len(found.types)} types, {len(found.frame)}"
    )
    assert sum(int(row.cells[2]) for row in picture.rows) == int(found.frame["n"].sum())
    labels = {line.label for line in picture.edges}
    row = found.frame[(found.frame["cause"] == "OP") & (found.frame["effect"] == "SR")].iloc[0]
    assert f"{row['n']} · {int(row['p50_us'])} µs" in labels
    assert found.views().find("op").tolist() == [found.types["name"].to_list().index("OP")]


def test_selecting_a_type_selects_its_events() -> None:
    trace = scenario()
    picture = TraceViews(trace.data).view(layout="map")
    placed = next(node for node in picture.nodes if node.name.startswith("OP"))
    assert len(placed.positions) == 4
    assert len(picture.place) == len(trace)


def test_many_types_share_a_box_and_the_counts_add_up() -> None:
    found = shop_traces.many_lanes(500).type_map()
    picture = found.views().view()
    assert len(picture.nodes) == MOST_TYPES
    assert "drawn as one" in picture.notes[0]
    assert f"{500 - MOST_TYPES + 1} others" in picture.nodes[-1].name


def test_the_text_forms_of_a_map() -> None:
    found = flow().type_map()
    assert found.svg().startswith("<svg")
    chart = found.mermaid()
    assert chart.startswith("flowchart LR\n")
    assert chart.count("-->") == len(found.frame)
    assert found.csv().count("\n") == len(found.frame) + 1
    with pytest.raises(ConfigurationError, match="no viewer"):
        found.show()
