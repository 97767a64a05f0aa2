"""Text in charts is never read as a tag."""

from __future__ import annotations

import pytest

from workbench.text import chart_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"), ("a &lt; b", "a &amp;lt; b"), ("orders/3", "orders/3")],
)
def test_tags_and_entities_are_escaped(text, shown):
    assert chart_text(text) == shown
