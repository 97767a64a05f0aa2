"""Writes bytes as lines of hexadecimal digits beside their ASCII characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 16_384
_WIDTH = 16
_SPACE, _TILDE = 0x20, 0x7E


def hex_dump(data: bytes | None, most: int = MOST_BYTES) -> str:
    """Write bytes, 16 to a line: position, digits, characters; what is beyond ``most`` is counted."""
    if data is None:
        return "null"
    if not data:
        return "no bytes"
    rest = len(data) - most
    more = [f"… {counted(rest, 'more byte')} of {size_text(len(data))}"] if rest > 0 else []
    return "\n".join([*_lines(data[:most]), *more])


def _lines(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), _WIDTH):
        part = data[start : start + _WIDTH]
        digits = f"{part[:8].hex(' ')}  {part[8:].hex(' ')}"
        characters = "".join(chr(byte) if _SPACE <= byte <= _TILDE else "·" for byte in part)
        yield f"{start:08x}  {digits:<48}  {characters}"
