"""JSON read without recursion: values and refusals are those of Python's own reader."""

from __future__ import annotations

import json
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.formats.deep_json import parse_deep
from workbench.decoding.formats.json import _DECODER, parse_json

PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "\\",
    "\\u00",
    "\\q",
    "\x01",
    " ",
    "\n",
    "0",
    "-",
    ".5",
    "e",
    "NaN",
    "tru",
    "é",
]
TEXTS = [
    '{"a": {"b": [1, -2.50, [], {}, {"c": {"d": "e\\u00e9\\n"}}]}, "a": [true, false, null], "": "x"}',
    '[[[[{"k": [[1e5, "\\ud83d\\ude00"], {"l": {}}]}]], 10], ["", [ ] , { }]]',
    ' {"order": {"lines": [{"sku": "A-1", "n": 1}, {"sku": "B-2", "n": 20}]}} ',
]


def outcome(read, text):
    try:
        return read(text)
    except json.JSONDecodeError as error:
        return error.msg, error.pos, error.doc == text, str(error)
    except ValueError as error:
        return str(error)


def without_recursion(text):
    return parse_deep(text, _DECODER)


def mutated_texts(count):
    """Cut, crossed and spoilt texts; a third of them inside many arrays or objects."""
    dice = random.Random(20)  # noqa: S311 - the same texts each time
    for _ in range(count):
        text = dice.choice(TEXTS)
        depth = dice.choice([0, 0, dice.randrange(400)])
        opening, closing = dice.choice([("[", "]"), ('{"k":', "}"), ('[0,{"k" : ', "}]"), ("[[],", ",0]")])
        text = opening * (depth // len(closing)) + text + closing * (depth // len(closing))
        for _ in range(dice.choice([1, 1, 2])):
            at = dice.randrange(len(text) + 1)
            kind = dice.randrange(4)
            if kind == 0:
                text = text[:at]
            else:
                text = text[:at] + (dice.choice(PIECES) if kind > 1 else "") + text[at + (kind < 3) :]
        yield text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(deadline=None)
@given(json_values, st.sampled_from([None, 1]))
def test_values_are_the_same(value, indent):
    text = json.dumps(value, indent=indent)
    assert without_recursion(text) == _DECODER.decode(text)


def test_refusals_are_the_same_in_words_and_place():
    refused = set()
    for text in mutated_texts(6000):
        expected = outcome(_DECODER.decode, text)
        assert outcome(without_recursion, text) == expected, text
        if isinstance(expected, tuple):
            refused.add(expected[0])
    assert refused >= {
        "Expecting value",
        "Expecting property name enclosed in double quotes",
        "Expecting ':' delimiter",
        "Expecting ',' delimiter",
        "Extra data",
        "Unterminated string starting at",
        "Invalid control character at",
        "Invalid \\escape",
        "Invalid \\uXXXX escape",
    }


@pytest.mark.parametrize("text", ["[true.5", "[1", "{", '{"a"', '{"a":1 5}', "[[1]-2]", "[NaN]", '{"a":-Infinity}', ""])
def test_what_a_member_that_was_read_could_change(text):
    assert outcome(without_recursion, text) == outcome(_DECODER.decode, text)


def test_how_deep_the_caller_stands_changes_no_refusal():
    depth = sys.getrecursionlimit() // 2
    text = "[" * depth + '{"a": 1, "b" 2}'

    def from_below(levels):
        return outcome(parse_json, text) if levels == 0 else from_below(levels - 1)

    words = outcome(parse_json, text)
    assert words[0] == "Expecting ':' delimiter"
    assert from_below(depth) == words
