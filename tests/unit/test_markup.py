from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text.markup import (
    StaticView,
    document,
    element,
    facts,
    fragment,
    listing,
    svg,
    table,
    text_table,
    visible,
    visible_bytes,
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("tab\tline\nreturn\r", r"tab\tline\nreturn\r"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("iso\u2066late\u2069", r"iso\u2066late\u2069"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("lone\ud800surrogate", r"lone\ud800surrogate"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("Zürich 你好 🙂", "Zürich 你好 🙂"),
        ("nul\x00", r"nul\x00"),
    ],
)
def test_control_characters_and_overrides_are_seen_not_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_value_is_cut_with_its_length() -> None:
    assert visible("x" * 401) == "x" * 400 + "… (401 characters)"
    assert visible("x" * 400) == "x" * 400
    assert visible("abcdef", limit=3) == "abc… (6 characters)"
    assert visible("x" * 5000, limit=None) == "x" * 5000


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (None, "null"),
        (b"", "(empty)"),
        (b"key", "key"),
        (b"\xff\x00", "0xff00 (2 bytes, not UTF-8)"),
        ("é".encode() * 3, "ééé"),
    ],
)
def test_bytes_are_text_or_digits_and_null_is_not_empty(data: bytes | None, shown: str) -> None:
    assert visible_bytes(data) == shown


def test_long_bytes_are_cut_between_characters() -> None:
    data = ("€" * 1000).encode()
    assert visible_bytes(data, limit=10) == "€" * 10 + "… (3,000 bytes)"
    assert visible_bytes(b"\xff" * 1000, limit=8) == "0xffffffff… (1,000 bytes, not UTF-8)"


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


def test_a_text_table_is_aligned() -> None:
    assert text_table(["topic", "n"], [["orders", 12], ["a\nb", 3]], numeric=[1]) == (
        "topic    n\n------  --\norders  12\na\\nb     3"
    )


def test_a_still_shows_text_and_html() -> None:
    still = StaticView(element("p", "x"), "x in words")
    assert repr(still) == "x in words"
    assert still._repr_html_() == still.html() == "<p>x</p>"
