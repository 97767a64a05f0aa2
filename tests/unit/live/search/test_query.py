from __future__ import annotations

import re

import pytest

from workbench.errors import ValidationError
from workbench.live.search.query import make_query


def test_conditions_are_said_in_words():
    query = make_query("n = 1", "a b", re.compile("x.y", re.IGNORECASE), "key\x1b")
    assert query.words == ("a", "b")
    assert query.regex == "(?i)x.y"
    assert query.key == b"key\x1b"
    assert str(query) == r"where n = 1, words a b, regular expression (?i)x.y, key key\x1b"
    assert str(make_query()) == "every record"
    assert make_query(words=["two words"]).words == ("two words",)
    assert make_query(key=b"\xff").key == b"\xff"


@pytest.mark.parametrize(
    "wrong",
    [
        {"where": " "},
        {"where": 3},
        {"where": "x" * 2_001},
        {"words": " "},
        {"words": []},
        {"words": ["a", ""]},
        {"words": [1]},
        {"regex": ""},
        {"regex": re.compile(b"x")},
        {"regex": re.compile("x", re.DOTALL)},
        {"key": 7},
    ],
)
def test_what_is_no_condition_says_which(wrong):
    with pytest.raises(ValidationError, match=f"{next(iter(wrong))}= cannot be used"):
        make_query(**wrong)
