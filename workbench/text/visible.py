"""Shows hostile text and bytes as they are: control characters and text-direction overrides are seen, not obeyed."""

from __future__ import annotations

import codecs
import re

from workbench.text.counts import counted

CELL_LIMIT = 400
"""Characters of one value that a view shows unless told otherwise."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]",
)
_UTF8_LONGEST = 4
_LATIN_1_LAST = 0xFF
_BASIC_PLANE_LAST = 0xFFFF
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str, limit: int | None = CELL_LIMIT) -> str:
    r"""Show text as it is: ``\x1b`` for a control character, ``\u202e`` for an override, the length where it was cut.

    Args:
        text: Anything, hostile or not; lone surrogates are fine.
        limit: Characters kept of the original; None keeps all.
    """
    shown = text if limit is None or len(text) <= limit else text[:limit]
    shown = _INVISIBLE.sub(_escape_sequence, shown)
    return shown if limit is None or len(text) <= limit else f"{shown}… ({counted(len(text), 'character')})"


def visible_name(name: str, limit: int) -> str:
    """Show a name; of a long one the middle is left out, because names of types and topics differ at their end.

    Args:
        name: Anything, hostile or not.
        limit: Characters kept of it, with the one that stands for the rest.
    """
    if len(name) <= limit:
        return visible(name, None)
    head = limit // 3
    return f"{visible(name[:head], None)}…{visible(name[len(name) - (limit - head - 1) :], None)}"


def json_visible(text: str) -> str:
    r"""Escape in a line of JSON what a terminal would obey, such as ``\u202e``; it stays the same JSON value."""
    return _INVISIBLE.sub(_json_escape, text)


def visible_bytes(data: bytes | None, limit: int | None = CELL_LIMIT) -> str:
    """Show bytes as text where they are UTF-8, else as hexadecimal digits; null and empty stay apart.

    Args:
        data: A key, a value, a header value.
        limit: Characters shown of text, half as many bytes of anything else.
    """
    if data is None:
        return "null"
    if not data:
        return "(empty)"
    head = data if limit is None else data[: _UTF8_LONGEST * (limit + 1)]
    whole = len(head) == len(data)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return _hexadecimal(data, limit)
    if whole:
        return visible(text, limit)
    return f"{visible(text[:limit], None)}… ({counted(len(data), 'byte')})"


def _hexadecimal(data: bytes, limit: int | None) -> str:
    kept = data if limit is None else data[: max(limit // 2, 1)]
    suffix = "" if len(kept) == len(data) else "…"
    return f"0x{kept.hex()}{suffix} ({counted(len(data), 'byte')}, not UTF-8)"


def _escape_sequence(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= _LATIN_1_LAST:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BASIC_PLANE_LAST else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    # JSON has escapes of four digits only: a character beyond the basic plane is two of them.
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
