"""SVG files: static, escaped, and with what the live view draws."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import shop_traces
from order_flow import scenario

from workbench.model.causation import TRACE_LAYOUTS
from workbench.tracing.drawing.painting.content import view_content
from workbench.tracing.drawing.painting.parts import LOOKS
from workbench.tracing.views import TraceViews

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("layout", TRACE_LAYOUTS)
@pytest.mark.parametrize("name", shop_traces.bad())
def test_every_view_of_bad_input_is_a_static_picture(name: str, layout: str) -> None:
    trace = shop_traces.bad()[name]
    root = ET.fromstring(trace.svg(layout))  # noqa: S314 - our own picture
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "g", "path", "rect", "text", "line"}
    attributes = [f"{key}={value}" for element in root.iter() for key, value in element.attrib.items()]
    assert not [text for text in attributes if "nan" in text or "inf" in text or text.startswith("on")]
    # Colours of a browser are unknown to programs that print.
    assert not [text for text in attributes if "Canvas" in text]


def test_a_picture_has_the_parts_and_texts_that_the_browser_gets() -> None:
    trace = scenario("k1")
    for layout in ("waterfall", "sequence", "map"):
        svg, content = trace.svg(layout), view_content(TraceViews(trace.data).view(layout=layout))
        parts = [part for node in content["nodes"] for part in node["parts"]] + content["behind"] + content["top"]
        assert parts
        assert all(part[0] in LOOKS for part in parts)
        for part in parts:
            assert (f'd="{part[1]}"' in svg) if len(part) == 2 else (f">{part[3]}</text>" in svg)


def test_no_text_is_smaller_than_ten_pixels() -> None:
    assert min(look.size for look in LOOKS.values()) >= 10
