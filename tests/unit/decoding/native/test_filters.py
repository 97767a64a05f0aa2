"""Filters of the compiled decoder against the exact functions."""

from __future__ import annotations

import json

import pytest
from agreement import agreed, own
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.conventions.filters import FILTERS
from workbench.decoding.native import filters

values = st.binary(max_size=20) | st.sampled_from(
    [
        b"12", b" -7\t", b"+3", b"- 3", b"\x00\x00\x00\x2a", b"\xff\xff\xff\xff", b"\x80", b"\x80" + b"\x00" * 7,
        b"7" * 40,
        bytes(range(16)), b"0123456789abcdef", b"0123456789ABCDEF" * 2, b"urn:message:A:B", b"urn:message:",
        b"A.B, C; D",
        b" A ;", b";", b"12:34", b":1", b"x:1", b"1:", "é".encode(),
        b"kafka://topic/orders", b"kafka://topic/", b"a://topic/b://topic/c", b"://topic", b"orders",
    ],
)  # fmt: skip


READS = {
    name: own(
        event_id=f"header:h | {name}",
        correlation_id=f"value:v | {name}",
        event_type=f"header:h | {name} | urn",
        cause=f"header:h | {name}",
        request_id=f"header:h | {name} + value:v",
    )
    for name in FILTERS
}


def test_every_filter_is_compiled():
    assert set(filters.NAMES) == set(FILTERS)


@pytest.mark.parametrize("name", sorted(FILTERS))
@settings(deadline=None, max_examples=40)
@given(st.lists(values, min_size=1, max_size=10))
def test_filters_equal_the_exact_functions(name, contents):
    rows = [(((b"h", content),), json.dumps({"v": content.decode("latin-1")}).encode()) for content in contents]
    agreed(rows, READS[name])
