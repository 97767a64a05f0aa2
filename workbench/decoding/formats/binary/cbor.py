"""The items of CBOR (RFC 8949)."""

from __future__ import annotations

import struct
import uuid
from dataclasses import replace
from decimal import Decimal

from workbench.decoding.formats.binary.item import BinaryEncoding, Item, Kind, time_parts
from workbench.decoding.formats.binary.writing import as_bytes, shortest_float
from workbench.decoding.formats.value_writer import NotWritableError

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_FIRST_BEHIND = 24
"""Smallest number that has its bytes behind the first one."""
_ENDLESS = 31
"""In the place of a length: parts follow until a break."""
_BREAK = 0xFF
_REFERENCES = (25, 28, 29, 256)
"""Tags of values that others refer to by their number, and of such references."""
_TIME, _POSITIVE_WHOLE, _NEGATIVE_WHOLE, _DECIMAL, _UUID = 1, 2, 3, 4, 37
_LONGEST_WHOLE = 127
"""Bytes of the largest whole number that the reader takes for one."""
_TIME_LIMIT = 1 << 50
_UUID_BYTES = 16


class Cbor(BinaryEncoding):
    """CBOR as RFC 8949 describes it."""

    def parse(self, value: bytes) -> Item:
        """Return the outermost item of a value.

        Raises:
            NotWritableError: Parts of it refer to others by their number.
        """
        return _item(value, 0)

    def head(self, kind: Kind, count: int) -> bytes:
        """Write what stands before the parts of a map or an array."""
        return _head(_MAP if kind is Kind.MAP else _ARRAY, count)

    def text(self, text: str) -> bytes:
        """Write a text."""
        content = text.encode()
        return _head(_TEXT, len(content)) + content

    def whole(self, number: int) -> bytes:
        """Write a whole number in as few bytes as possible."""
        if not -1 << 64 <= number < 1 << 64:
            raise NotWritableError("a whole number of more than 64 bits is a text here, and can only replace one")
        return _head(_UNSIGNED, number) if number >= 0 else _head(_NEGATIVE, -1 - number)

    def number(self, number: float, kind: Kind) -> bytes:
        """Write a number with a fraction."""
        if kind is Kind.FLOAT_32 and shortest_float(number):
            return b"\xfa" + struct.pack(">f", number)
        return b"\xfb" + struct.pack(">d", number)

    def constant(self, value: bool | None) -> bytes:  # noqa: FBT001 - one of three values
        """Write null, false or true."""
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]

    def special(self, value: bytes, item: Item, tree: object) -> bytes | None:
        """Write bytes, times, UUIDs, whole numbers of any size and decimal fractions, behind their tags."""
        tags = value[item.begin : item.body]
        if item.kind is Kind.BYTES:
            content = as_bytes(tree)
            return tags + _head(_BYTES, len(content)) + content
        if item.kind is Kind.TIME and isinstance(tree, str):
            seconds, nanoseconds = time_parts(tree)
            if nanoseconds:
                raise NotWritableError("a time of whole seconds stands there, and the new one has a fraction")
            return tags + self.whole(seconds)
        if item.kind is Kind.UUID:
            return tags + _head(_BYTES, _UUID_BYTES) + _uuid(tree)
        if item.kind is Kind.WHOLE:
            return tags + _large(tree)
        if item.kind is Kind.DECIMAL and isinstance(tree, (int, float)):
            sign, digits, exponent = Decimal(repr(tree)).as_tuple()
            mantissa = int("".join(map(str, digits))) * (-1 if sign else 1)
            return tags + _head(_ARRAY, 2) + self.whole(int(exponent)) + self.whole(mantissa)
        return None


def _uuid(tree: object) -> bytes:
    try:
        return uuid.UUID(str(tree)).bytes
    except ValueError as error:
        raise NotWritableError("a UUID stands there, and the new value is none") from error


def _large(tree: object) -> bytes:
    """Write a whole number of any size, which the reader gives as a text."""
    try:
        number = int(str(tree))
    except ValueError as error:
        raise NotWritableError("a whole number stands there, and the new value is none") from error
    tag, rest = (_POSITIVE_WHOLE, number) if number >= 0 else (_NEGATIVE_WHOLE, -1 - number)
    content = rest.to_bytes((rest.bit_length() + 7) // 8)
    return _head(_TAG, tag) + _head(_BYTES, len(content)) + content


def _head(major: int, number: int) -> bytes:
    """Write the first byte of an item and the number behind it, in as few bytes as possible."""
    if number < _FIRST_BEHIND:
        return bytes([major << 5 | number])
    for info, form in ((24, ">B"), (25, ">H"), (26, ">I")):
        if number < 1 << (8 * struct.calcsize(form)):
            return bytes([major << 5 | info]) + struct.pack(form, number)
    return bytes([major << 5 | 27]) + struct.pack(">Q", number)


def _read_head(value: bytes, at: int) -> tuple[int, int, int, int]:
    """Return major type, info, number, and where the item goes on."""
    major, info = value[at] >> 5, value[at] & 31
    if info < _FIRST_BEHIND or info == _ENDLESS:
        return major, info, info, at + 1
    width = 1 << (info - _FIRST_BEHIND)
    return major, info, int.from_bytes(value[at + 1 : at + 1 + width]), at + 1 + width


def _item(value: bytes, begin: int) -> Item:
    major, info, number, at = _read_head(value, begin)
    if major == _TAG:
        if number in _REFERENCES:
            raise NotWritableError(f"parts of it refer to others by their number (tag {number}), which a change moves")
        return _tagged(value, begin, number, _item(value, at))
    if major in (_ARRAY, _MAP):
        return _container(value, begin, at, None if info == _ENDLESS else number, is_map=major == _MAP)
    if major in (_BYTES, _TEXT):
        stop = _end_of_pieces(value, at) if info == _ENDLESS else at + number
        return Item(Kind.BYTES if major == _BYTES else Kind.OTHER, begin, begin, stop)
    kind = {26: Kind.FLOAT_32, 25: Kind.FLOAT, 27: Kind.FLOAT}.get(info, Kind.OTHER) if major == _OTHER else Kind.OTHER
    return Item(kind, begin, begin, at)


def _container(value: bytes, begin: int, at: int, count: int | None, *, is_map: bool) -> Item:
    parts: list[Item] = []
    left = None if count is None else 2 * count if is_map else count
    while value[at] != _BREAK if left is None else len(parts) < left:
        part = _item(value, at)
        parts.append(part)
        at = part.stop
    stop = at + 1 if count is None else at
    return Item(Kind.MAP if is_map else Kind.ARRAY, begin, begin, stop, tuple(parts), endless=count is None)


def _end_of_pieces(value: bytes, at: int) -> int:
    while value[at] != _BREAK:
        _, _, size, begin = _read_head(value, at)
        at = begin + size
    return at + 1


def _tagged(value: bytes, begin: int, tag: int, content: Item) -> Item:
    """Return the content of a tag with the form that the reader gives it."""
    inner = content.begin
    if content.begin == content.body:
        major, info, number, _ = _read_head(value, inner)
        if tag == _TIME and major in (_UNSIGNED, _NEGATIVE) and number < _TIME_LIMIT:
            return replace(content, kind=Kind.TIME, begin=begin)
        if tag == _UUID and major == _BYTES and number == _UUID_BYTES and info != _ENDLESS:
            return replace(content, kind=Kind.UUID, begin=begin)
        if (
            tag in (_POSITIVE_WHOLE, _NEGATIVE_WHOLE)
            and major == _BYTES
            and info != _ENDLESS
            and number <= _LONGEST_WHOLE
        ):
            # Its tag says the sign, so a new number comes with a tag of its own.
            return replace(content, kind=Kind.WHOLE, begin=begin, body=begin)
        if tag == _DECIMAL and major == _ARRAY and info != _ENDLESS and _is_decimal(value, content):
            return replace(content, kind=Kind.DECIMAL, begin=begin, parts=())
    return replace(content, begin=begin)


def _is_decimal(value: bytes, content: Item) -> bool:
    return [value[part.begin] >> 5 <= _NEGATIVE for part in content.parts] == [True, True]
