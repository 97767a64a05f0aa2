from __future__ import annotations

import pytest

from workbench.text import visible, visible_bytes, visible_name


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


def test_of_a_long_name_the_middle_is_left_out():
    assert visible_name("hipstershop.CheckoutService/PlaceOrder", 60) == "hipstershop.CheckoutService/PlaceOrder"
    assert visible_name("shop.CheckoutService/PrepareOrderItems", 24) == "shop.Che…epareOrderItems"
    assert len(visible_name("x" * 500, 60)) == 60
    assert visible_name("\x1b" * 500, 9) == "\\x1b" * 3 + "…" + "\\x1b" * 5
