"""Values become trees whose numbers keep their digits; whatever is no JSON is text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workbench.live.explorer.decoded_tree import MOST_NODES, value_section
from workbench.model.explorer import TextSection, TreeSection


def test_numbers_and_repeated_names_stay():
    made = value_section(b'{"a": 9007199254740993, "a": 1.10, "b": [true, null, "x"], "c": NaN}', None)
    assert isinstance(made, TreeSection)
    assert [(node.depth, node.name, node.text) for node in made.nodes] == [
        (0, "", "{4 members}"),
        (1, "a", "9007199254740993"),
        (1, "a", "1.10"),
        (1, "b", "[3 elements]"),
        (2, "[0]", "true"),
        (2, "[1]", "null"),
        (2, "[2]", "x"),
        (1, "c", "NaN"),
    ]


def test_what_a_format_decoded_is_a_tree_too():
    assert value_section(b"\x00\x00", '{"n": 1}').nodes[1].text == "1"


def test_large_and_deep_values_are_bounded():
    many = value_section(json.dumps(list(range(MOST_NODES * 2))).encode(), None)
    assert len(many.nodes) == MOST_NODES
    assert "5,000 members are shown" in many.note
    assert value_section(b"[" * 100_000, None).title.startswith("Value, ")


@given(
    st.one_of(
        st.none(), st.binary(max_size=300), st.text(max_size=100).map(lambda text: b'{"a": "%b"}' % text.encode())
    )
)
def test_any_bytes_are_shown(value):
    assert isinstance(value_section(value, None), TreeSection | TextSection)
