"""Reasons why bytes are no value of their schema or format, by the numbers that the compiled readers give."""

from __future__ import annotations

from workbench.decoding.formats.format import CutOffError

_CUT_OFF = 1
_REASONS = {
    2: "an integer has more than 64 bits",
    3: "a union has no branch of this number",
    4: "an enum has no symbol of this number",
    5: "a text is not UTF-8",
    6: "a length is negative",
    7: "it is nested too deeply",
    8: "it unfolds to far more than its size",
    9: "there are bytes behind the end of the value",
    10: "there is no memory for it",
    11: "the reader's schema has no place for what was written",
    12: "a field has another wire type than its schema says",
    13: "a field has a number that cannot be",
    14: "no value begins with this byte",
    15: "the schema has no message at this index",
    16: "a key of a map is no text and no number",
}


def fault_error(fault: int, at: int) -> ValueError:
    """Make the error of a fault at a byte of the value."""
    if fault == _CUT_OFF:
        return CutOffError(f"at byte {at}")
    return ValueError(f"{_REASONS[fault]} (byte {at})")
