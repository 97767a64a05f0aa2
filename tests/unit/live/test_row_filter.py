from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tail_rows import SCHEMA, matching, rows

from workbench.errors import ValidationError
from workbench.live.row_filter import parse_filter

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key-1", [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
        ("HEADER-7", [7]),
        ("zürich key-3", [3]),
        ("odd", [0]),
        ("1700000000004", [4]),
        ("nothing-like-it", []),
        ("where value like '%\"n\": 5,%'", [5]),
        ("WHERE key = 'Key-6' or \"offset\" = 8", [6, 8]),
        ("where len(problems) > 0 -- a remark", [0]),
        ("where topic <> 'orders'", []),
    ],
)
def test_words_and_conditions(text: str, expected: Sequence[int]) -> None:
    assert matching(text, rows(0, 20)) == expected


def test_bytes_that_are_not_text_neither_fail_nor_match_a_condition() -> None:
    odd = rows(0, 3, value=b"\xff\xfe")
    assert matching("where value is null", odd) == [0, 1, 2]
    assert matching("where key like 'Key%'", odd) == [0, 1, 2]
    assert matching("key-2", odd) == [2]


def test_an_empty_line_shows_everything() -> None:
    assert parse_filter("  \n", SCHEMA) is None


@pytest.mark.parametrize("number", ["99999999999999999999", "9223372036854775808", "9" * 400, "٣" * 30])
def test_numbers_that_fit_no_column_are_words_like_others(number: str) -> None:
    assert matching(number, rows(0, 3)) == []
    assert matching(number, rows(0, 3, value=b"id " + number.encode())) == [0, 1, 2]


def test_the_largest_number_of_a_column_is_found() -> None:
    largest = 2**63 - 1
    last = rows(0, 1).set_column(2, SCHEMA.field("offset"), [pa.array([largest])])
    assert matching(str(largest), last) == [0]


def test_words_that_are_replaced_stop() -> None:
    words = parse_filter("key", SCHEMA)
    assert words is not None
    words.cancel()
    with pytest.raises(ValidationError, match="replaced"):
        words.matches(rows(0, 3))


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValidationError, match="2,001 characters"):
        parse_filter("x" * 2_001, SCHEMA)
