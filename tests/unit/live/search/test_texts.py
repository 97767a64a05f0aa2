from __future__ import annotations

import json
import random

import numpy as np
import pyarrow as pa
import pytest

from workbench.errors import ValidationError
from workbench.live.search.texts import Regex, Word, in_headers
from workbench.model.records.columns import HEADERS


def values(*found: bytes | None) -> pa.Array:
    return pa.array(found, pa.binary())


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("FAILED", b'{"state":"failed"}'),
        ("z\u00fcrich", "Z\u00dcRICH".encode()),
        ("z\u00fcrich", b'"Z\\u00fcrich"'),
        ("z\u00fcrich", b'"Z\\u00DCrich"'),
        ("a&b", b'"a\\u0026b"'),
        ("a/b", b'"a\\/b"'),
        ('say "no"', b'"say \\"no\\""'),
        ("\u20ac5", b'"\\u20ac5"'),
        ("\U0001f600", b'"\\ud83d\\ude00"'),
        ("\U0001f600", "\U0001f600".encode()),
        ("order-7", b'"\\u006frder-7"'),
        ("order-7", b'"or\\u0064er-\\u0037"'),
        ("x.y", b"a x.y b"),
        ("stra\u00dfe", "STRASSE Stra\u00dfe".encode()),
        ("caf\u00e9", b"\xff\x00caf\xc3\xa9"),
    ],
)
def test_a_word_is_found_whatever_its_case_and_however_json_escapes_it(word, value):
    column = values(b"other", value, None, b"")
    assert Word(word).in_values(column).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("x.y", b"xzy"),
        ("z\u00fcrich", b"Z\xe3\xbcrich"),
        ("\u00fc", b"\xc3"),
        ("order", b'"\\\\u006frder"'),
        ("failed", b"fai led"),
        ("(", b")"),
    ],
)
def test_what_is_not_the_word_is_not_found(word, value):
    assert Word(word).in_values(values(value)).tolist() == [False]
    assert Word(word).in_texts(values(value)).tolist() == [False]


def test_words_are_found_as_python_finds_them_in_what_json_says():
    """Thousands of generated values, written with and without escapes, whole columns and slices of them."""
    source = random.Random(11)  # noqa: S311 - repeatable, not secret
    letters = "abXY01-/&<\u00fc\u00c9\u20ac\U0001f600"
    texts = ["".join(source.choices(letters, k=source.randrange(1, 30))) for _ in range(3_000)]
    written = [json.dumps(text, ensure_ascii=source.random() < 0.5).encode() for text in texts]
    column = values(*written).slice(100, 2_800)
    for _ in range(40):
        word = "".join(source.choices(letters, k=source.randrange(1, 4)))
        found = Word(word).in_values(column).tolist()
        for text, raw, hit in zip(texts[100:2_900], written[100:2_900], found, strict=True):
            # The digits of an escape are text as well: the value \\ude00/ has "0/" in it.
            assert hit == (word.lower() in text.lower()) or (hit and b"\\u" in raw), (word, raw)


def test_keys_and_headers_are_searched_without_crossing_from_one_to_the_next():
    column = values(b"ab", b"cd", None, b"xabcx")
    assert Word("bc").in_texts(column).tolist() == [False, False, False, True]
    assert Word("bc").in_texts(column.slice(0, 2)).tolist() == [False, False]
    assert Word("bc").in_texts(column.slice(4)).tolist() == []
    headers = pa.array(
        [[], [{"name": b"Type", "value": b"x"}, {"name": b"n", "value": None}], [{"name": b"\xff", "value": b"TYPE"}]],
        HEADERS,
    )
    assert in_headers(Word("type"), headers).tolist() == [False, True, True]
    assert in_headers(Word("type"), headers.slice(2)).tolist() == [True]
    assert in_headers(Regex("^T"), headers).tolist() == [False, True, True]


def test_a_regular_expression_sees_characters_and_stray_bytes_one_by_one():
    column = values("Z\u00fcrich".encode(), b"Z\xfcrich", b"\x00Zurich", None, b"")
    assert Regex("Z.rich").in_values(column).tolist() == [True, True, True, False, False]
    assert Regex("^Z.rich$").in_values(column).tolist() == [True, True, False, False, False]
    assert Regex("(?i)Z\u00dcRICH").in_values(column).tolist() == [True, False, False, False, False]
    assert Regex("^$").in_values(column).tolist() == [False, False, False, False, True]


@pytest.mark.parametrize("expression", ["(?=a)", "(a)\\1", "[", "a{2000}"])
def test_what_is_no_expression_of_re2_says_so(expression):
    with pytest.raises(ValidationError, match="regex= cannot be used"):
        Regex(expression)


def test_hostile_bytes_take_no_time():
    column = values(*[b"a" * 10_000] * 20)
    assert not np.any(Regex("(a+)+b$").in_values(column))
    assert not np.any(Word("a" * 200 + "b").in_values(column))
