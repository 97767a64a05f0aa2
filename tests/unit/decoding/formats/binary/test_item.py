"""Times as RFC 3339 writes them."""

from __future__ import annotations

import pytest

from workbench.decoding.formats.binary.item import time_parts
from workbench.decoding.formats.value_writer import NotWritableError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2026-01-02T03:04:05Z", (1767323045, 0)),
        ("2026-01-02T03:04:05.5Z", (1767323045, 500_000_000)),
        ("1969-12-31T23:59:59.000000001Z", (-1, 1)),
        ("0001-01-01T00:00:00Z", (-62135596800, 0)),
    ],
)
def test_times_are_taken_apart(text, parts):
    assert time_parts(text) == parts


@pytest.mark.parametrize(
    "text", ["", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05+01:00", "٢026-01-02T03:04:05Z"]
)
def test_other_texts_are_none(text):
    with pytest.raises(NotWritableError, match="is no time like"):
        time_parts(text)
