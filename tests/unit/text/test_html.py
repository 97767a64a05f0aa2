from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import (
    document,
    element,
    facts,
    fragment,
    listing,
    svg,
    table,
    visible,
)

HOSTILE = "<img src=x onerror=alert(1)>\"'&</td><script>alert(2)</script>"


class Parsed(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_whatever_the_text_it_stays_text(text: str, attribute: str) -> None:
    parsed = Parsed(element("p", visible(text, None), title=visible(attribute, None)).render())
    assert parsed.tags == [("p", {"title": visible(attribute, None)})]
    assert parsed.text == visible(text, None)


def test_hostile_text_is_escaped_in_every_builder() -> None:
    body = fragment(
        table([HOSTILE], [[HOSTILE]], caption=HOSTILE, class_=HOSTILE),
        facts([(HOSTILE, HOSTILE)]),
        listing([HOSTILE]),
        svg(10, 10, element("text", HOSTILE, x=1, y=2), title=HOSTILE),
    )
    parsed = Parsed(document(HOSTILE, body))
    assert not {tag for tag, _ in parsed.tags} & {"img", "script"}
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert parsed.text.count("<script>alert(2)</script>") == 9


@pytest.mark.parametrize("tag", ["script", "SCRIPT", "iframe", "style", "a b", "x>", "foreignObject", ""])
def test_elements_that_could_run_something_cannot_be_written(tag: str) -> None:
    with pytest.raises(ValueError, match="never written"):
        element(tag)


@pytest.mark.parametrize("name", ["onclick", "OnError", "href", "src", "style", "a b", "x=y"])
def test_attributes_that_could_run_or_load_something_cannot_be_written(name: str) -> None:
    with pytest.raises(ValueError, match="never written"):
        element("p", **{name: "x"})


def test_attributes_follow_their_values() -> None:
    made = element("td", "1", class_="n", aria_hidden=True, title=None, hidden=False, colspan=2)
    assert made.render() == '<td class="n" aria-hidden="" colspan="2">1</td>'


def test_void_elements_hold_nothing() -> None:
    assert element("br").render() == "<br>"
    with pytest.raises(ValueError, match="holds nothing"):
        element("br", "x")


def test_a_page_loads_nothing() -> None:
    page = document("T", "x", stylesheet="p { color: red }")
    assert "default-src 'none'" in page
    for stylesheet in ("</style>", "@import 'x'", "p { background: url(x) }"):
        with pytest.raises(ValueError, match="loads nothing"):
            document("T", stylesheet=stylesheet)


def test_surrogates_and_nul_survive_encoding() -> None:
    assert element("p", "\ud800\x00").render().encode("utf-8") == b"<p>\\ud800\\x00</p>"
