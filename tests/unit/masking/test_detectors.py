from __future__ import annotations

import pytest

from workbench.masking.detectors import CARD, EMAIL, JWT, is_named_like_a_secret, kinds_of

SAMPLE = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"Bearer {SAMPLE}", [JWT]),
        ("4111 1111 1111 1111", [CARD]),
        ("5500-0000-0000-0004", [CARD]),
        ("4111111111111112", []),
        ("1795428000000", []),
        ("41111111111111111111111", []),
        ("write to ann@example.org", [EMAIL]),
        ("ann@example", []),
        ("eyJ.eyJ.", []),
        ("", []),
    ],
)
def test_kinds(text, kinds):
    assert kinds_of(text) == kinds


def test_names():
    assert all(map(is_named_like_a_secret, ("password", "api-key", "X-Auth-Token", "clientSecret", "Cookie")))
    assert not any(map(is_named_like_a_secret, ("amount", "tock", "card_type")))
