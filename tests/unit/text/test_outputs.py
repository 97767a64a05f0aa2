from __future__ import annotations

import base64
import re

import pytest

from workbench.text import StaticView, element, fragment, output_html, still_html, svg, table

HOSTILE = "<img src=x onerror=alert(1)>\"'&</td><script>alert(2)</script>"


@pytest.mark.parametrize("text", ["$x$", r"\(a\)", r"$$\require{color}$$"])
def test_no_output_is_typeset(text: str) -> None:
    body = fragment(table([text], [[text]]))
    for html in (output_html(body), StaticView(body, text)._repr_html_(), still_html(body, "v1")):
        assert re.search(r'<div class="[^"]*\bmathjax_ignore tex2jax_ignore">.*' + re.escape(text), html)


def test_svg_becomes_an_image_because_untrusted_notebooks_lose_svg() -> None:
    html = output_html(fragment(svg(30, 20, element("text", HOSTILE), title=HOSTILE)))
    assert "<svg" not in html
    assert html.count("<img") == 1
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert source is not None
    drawn = base64.b64decode(source[1]).decode()
    assert "&lt;script&gt;" in drawn
    assert "<script" not in drawn + html
    assert "onerror=alert" not in re.sub(r"&lt;img src=x onerror=alert\(1\)&gt;", "", html)


def test_a_still_is_found_by_its_view() -> None:
    assert 'class="workbench-still wb-still-abc ' in still_html(element("p", "x"), "abc")


def test_a_static_view_shows_text_and_html() -> None:
    still = StaticView(element("p", "x"), "x in words")
    assert repr(still) == "x in words"
    assert still._repr_html_() == still.html() == output_html(element("p", "x"))
