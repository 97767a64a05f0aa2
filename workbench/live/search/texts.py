"""Finds words and regular expressions in columns of bytes, before anything of a record is decoded.

Both run as expressions of RE2, whose time grows with the bytes and not with the expression.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ValidationError
from workbench.live.utf8_text import valid_text
from workbench.text import visible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

_SHORT_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_ALNUM_ESCAPED = r"\\u00(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])"
"""A letter or digit that JSON writes as an escape; nobody has to, so few values have one."""
_ESCAPE = re.compile(rb"(\\\\)|\\u00(3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])")


class Word:
    """A text that must occur, whatever its case, as it is or as JSON escapes it."""

    def __init__(self, word: str) -> None:
        self._expression = _word_expression(word)

    def in_texts(self, column: pa.Array) -> Mask:
        """Mark the rows of a binary column in which it occurs as such."""
        # One look at all bytes: in keys and headers, which are short, most words occur nowhere.
        if not len(column) or not _anywhere(column, self._expression):
            return np.zeros(len(column), dtype=bool)
        return _found(column, self._expression)

    def in_values(self, column: pa.Array) -> Mask:
        """Do the same for values, in which JSON may have escaped letters of it, too."""
        found = _found(column, self._expression)
        # Looked for apart: as one expression both take twice as long.
        if len(column) and _anywhere(column, _ALNUM_ESCAPED):
            rows = np.flatnonzero(~found & _found(column, _ALNUM_ESCAPED))
            escaped = [_unescaped(value) for value in column.take(pa.array(rows)).to_pylist()]
            found[rows] = _found(pa.array(escaped, pa.binary()), self._expression)
        return found


class Regex:
    """A regular expression. It sees a text as characters, and bytes that are not UTF-8 as one character each.

    Raises:
        ValidationError: It is no expression of RE2.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        try:
            self.in_texts(pa.array([b"\xff", b""], pa.binary()))
        except pa.ArrowException as error:
            message = (
                f"The search cannot begin: regex= cannot be used. {visible(str(error), 300)}. It is written as RE2 "
                "has it, without look-ahead and back-references."
            )
            raise ValidationError(message, errors=[("regex", message, "str")]) from error

    def in_texts(self, column: pa.Array) -> Mask:
        """Mark the rows of a binary column in which it matches."""
        texts = valid_text(column)
        found = _found(texts, self._expression)
        if texts.null_count > column.null_count:
            odd = pc.if_else(texts.is_null(), column, pa.scalar(None, pa.binary()))
            found |= _found(odd, self._expression)
        return found

    in_values = in_texts


def in_headers(pattern: Word | Regex, headers: pa.ListArray) -> Mask:
    """Mark the rows that have a header with the pattern in its name or value."""
    found = np.zeros(len(headers), dtype=bool)
    parts = headers.flatten()
    if len(parts):
        rows = pc.list_parent_indices(headers).to_numpy(zero_copy_only=False)
        for name in ("name", "value"):
            found[rows[pattern.in_texts(parts.field(name))]] = True
    return found


def _found(column: pa.Array, expression: str) -> Mask:
    hits = pc.match_substring_regex(column, expression)
    return np.asarray(hits.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def _anywhere(column: pa.Array, expression: str) -> bool:
    _, ends_at, data = column.buffers()
    if ends_at is None or data is None:
        return False
    ends = np.frombuffer(ends_at, np.int32)
    first, last = int(ends[column.offset]), int(ends[column.offset + len(column)])
    bounds = pa.py_buffer(np.array([first, last], np.int32))
    whole = pa.BinaryArray.from_buffers(pa.binary(), 1, [None, bounds, data])
    return bool(_found(whole, expression)[0])


def _unescaped(value: bytes) -> bytes:
    """Write the letters and digits that JSON escaped as they are; escaped backslashes stay."""
    return _ESCAPE.sub(lambda found: found[1] or bytes([int(found[2], 16)]), value)


@lru_cache(maxsize=64)
def _word_expression(word: str) -> str:
    return "".join(map(_character, word))


def _character(character: str) -> str:
    if character.isascii() and character.isalnum():
        return f"[{character.lower()}{character.upper()}]" if character.isalpha() else character
    same = dict.fromkeys((character, character.lower(), character.upper(), character.casefold()))
    forms = [form for one in same for form in _forms(one)]
    return f"(?:{'|'.join(dict.fromkeys(forms))})"


def _forms(text: str) -> list[str]:
    """Return a text as bytes, and as the escapes that JSON may write in its place."""
    plain = "".join(rf"\x{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
    units = text.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\u{_any_case(units[at : at + 4])}" for at in range(0, len(units), 4))
    short = [rf"\\\x{ord(_SHORT_ESCAPES[text]):02x}"] if text in _SHORT_ESCAPES else []
    return [plain, escaped, *short]


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
