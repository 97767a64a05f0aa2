"""The items of MessagePack."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.decoding.formats.binary.item import BinaryEncoding, Item, Kind, time_parts
from workbench.decoding.formats.binary.writing import as_bytes, shortest_float
from workbench.decoding.formats.value_writer import NotWritableError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIXED_EXTENSIONS = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
"""Codes of extensions by the size that they say."""
_TIME = 0xFF
"""Type of the extension for times: -1."""
_TIME_SIZES = (4, 8, 12)
_EXTENSION_TYPES = range(-128, 128)
_IN_CODE = {"map": range(0x80, 0x90), "array": range(0x90, 0xA0), "text": range(0xA0, 0xC0), "whole": range(-32, 128)}
"""Codes that hold a count or length, or are a number."""


@dataclass(frozen=True, slots=True)
class _Code:
    """What stands behind a code: bytes of a number, which may be a length or a count, and that many bytes or items."""

    kind: Kind
    width: int = 0
    number: int = 0
    """The length or count where no bytes say it."""


def _codes() -> dict[int, _Code]:
    found = {code: _Code(Kind.OTHER) for code in range(256)}
    for name, kind in (("map", Kind.MAP), ("array", Kind.ARRAY), ("text", Kind.OTHER)):
        found |= {code: _Code(kind, number=number) for number, code in enumerate(_IN_CODE[name])}
    for first, kind, widths in (
        (0xC4, Kind.BYTES, (1, 2, 4)),
        (0xC7, Kind.EXTENSION, (1, 2, 4)),
        (0xD9, Kind.OTHER, (1, 2, 4)),
        (0xDC, Kind.ARRAY, (2, 4)),
        (0xDE, Kind.MAP, (2, 4)),
    ):
        found |= {first + at: _Code(kind, width) for at, width in enumerate(widths)}
    found |= {code: _Code(Kind.EXTENSION, number=size) for size, code in _FIXED_EXTENSIONS.items()}
    for first in (0xCC, 0xD0):
        found |= {first + at: _Code(Kind.OTHER, number=1 << at) for at in range(4)}
    return found | {0xCA: _Code(Kind.FLOAT_32, number=4), 0xCB: _Code(Kind.FLOAT, number=8)}


_CODES = _codes()
_WHOLES = ((b"\xcc", ">B"), (b"\xcd", ">H"), (b"\xce", ">I"), (b"\xcf", ">Q"))
_NEGATIVES = ((b"\xd0", ">b"), (b"\xd1", ">h"), (b"\xd2", ">i"), (b"\xd3", ">q"))


class Msgpack(BinaryEncoding):
    """MessagePack as msgpack.org describes it."""

    def parse(self, value: bytes) -> Item:
        """Return the outermost item of a value."""
        return _item(value, 0)

    def head(self, kind: Kind, count: int) -> bytes:
        """Write what stands before the parts of a map or an array."""
        if kind is Kind.MAP:
            return _sized(count, "map", (b"\xde", b"\xdf"), (">H", ">I"))
        return _sized(count, "array", (b"\xdc", b"\xdd"), (">H", ">I"))

    def text(self, text: str) -> bytes:
        """Write a text."""
        content = text.encode()
        return _sized(len(content), "text", (b"\xd9", b"\xda", b"\xdb")) + content

    def whole(self, number: int) -> bytes:
        """Write a whole number in as few bytes as possible."""
        if number in _IN_CODE["whole"]:
            return struct.pack(">b", number)
        for code, form in _WHOLES if number >= 0 else _NEGATIVES:
            with contextlib.suppress(struct.error):
                return code + struct.pack(form, number)
        raise NotWritableError("MessagePack has no whole number of more than 64 bits")

    def number(self, number: float, kind: Kind) -> bytes:
        """Write a number with a fraction."""
        if kind is Kind.FLOAT_32 and shortest_float(number):
            return b"\xca" + struct.pack(">f", number)
        return b"\xcb" + struct.pack(">d", number)

    def constant(self, value: bool | None) -> bytes:  # noqa: FBT001 - one of three values
        """Write null, false or true."""
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]

    def special(self, value: bytes, item: Item, tree: object) -> bytes | None:
        """Write bytes, times and other extensions."""
        del value
        if item.kind is Kind.BYTES:
            content = as_bytes(tree)
            return _sized(len(content), "", (b"\xc4", b"\xc5", b"\xc6")) + content
        if item.kind is Kind.TIME and isinstance(tree, str):
            return _time(*time_parts(tree))
        if item.kind is Kind.EXTENSION and isinstance(tree, dict):
            kind = tree.get("ext")
            if tree.keys() != {"ext", "data"} or type(kind) is not int or kind not in _EXTENSION_TYPES:
                raise NotWritableError("an extension stands there, and the new value has not its ext and data")
            return _extension(kind & 0xFF, as_bytes(tree["data"]))
        return None


def _item(value: bytes, begin: int) -> Item:
    code = _CODES[value[begin]]
    at = begin + 1 + code.width
    number = int.from_bytes(value[begin + 1 : at]) if code.width else code.number
    if code.kind is Kind.EXTENSION:
        is_time = value[at] == _TIME and number in _TIME_SIZES
        return Item(Kind.TIME if is_time else code.kind, begin, begin, at + 1 + number)
    if code.kind not in (Kind.MAP, Kind.ARRAY):
        return Item(code.kind, begin, begin, at + number)
    parts: list[Item] = []
    for _ in range(2 * number if code.kind is Kind.MAP else number):
        part = _item(value, at)
        parts.append(part)
        at = part.stop
    return Item(code.kind, begin, begin, at, tuple(parts))


def _extension(kind: int, content: bytes) -> bytes:
    fixed = _FIXED_EXTENSIONS.get(len(content))
    head = bytes([fixed]) if fixed is not None else _sized(len(content), "", (b"\xc7", b"\xc8", b"\xc9"))
    return head + bytes([kind]) + content


def _time(seconds: int, nanoseconds: int) -> bytes:
    if not 0 <= seconds < 1 << 34:
        return _extension(_TIME, struct.pack(">Iq", nanoseconds, seconds))
    if nanoseconds or seconds >= 1 << 32:
        return _extension(_TIME, struct.pack(">Q", nanoseconds << 34 | seconds))
    return _extension(_TIME, struct.pack(">I", seconds))


def _sized(size: int, in_code: str, codes: Sequence[bytes], forms: Sequence[str] = (">B", ">H", ">I")) -> bytes:
    """Write a length or count in the code, or behind the first code that has room for it."""
    short = _IN_CODE.get(in_code, range(0))
    if size < len(short):
        return bytes([short[size]])
    for code, form in zip(codes, forms, strict=True):
        with contextlib.suppress(struct.error):
            return code + struct.pack(form, size)
    raise NotWritableError("MessagePack has no value of this length")
