"""Bytes in hexadecimal, 16 to a line."""

from __future__ import annotations

from workbench.live.explorer.hex_dump import hex_dump


def test_lines_have_position_digits_and_characters():
    first, second = hex_dump(b"0123456789abcdef\x00\xff").splitlines()
    assert first == "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef"
    assert second.startswith("00000010  00 ff ")
    assert second.endswith("  ··")


def test_nothing_and_too_much_are_said():
    assert hex_dump(None) == "null"
    assert hex_dump(b"") == "no bytes"
    assert hex_dump(b"x" * 40, most=16).endswith("… 24 more bytes of 40 bytes")
