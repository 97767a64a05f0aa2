"""Reads columns of bytes as text, whole columns at a time."""

from __future__ import annotations

import pyarrow as pa

_UTF8 = (
    r"\A(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|"
    r"\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|"
    r"\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])*\z"
)
"""An expression of RE2 over bytes: the well-formed sequences of the Unicode standard, table 3-7."""


def valid_text(column: pa.Array) -> pa.Array:
    """Return a binary array as text, null where the bytes are not UTF-8."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        import pyarrow.compute as pc

        valid = pc.match_substring_regex(column, _UTF8)
        return pc.if_else(valid, column, pa.scalar(None, pa.binary())).cast(pa.string())
