"""Writes values of MessagePack and CBOR that were changed. What was not changed keeps its bytes, in the value, too."""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.binary.item import Item, Kind, time_parts
from workbench.decoding.formats.value_writer import NotWritableError

if TYPE_CHECKING:
    from workbench.decoding.formats.binary.item import BinaryEncoding
    from workbench.decoding.native.value_reader import ValueReader

_CONTAINERS = (Kind.MAP, Kind.ARRAY)


class BinaryWriter:
    """Writes values of one format.

    Args:
        encoding: Finds and writes their parts.
        reader: Reads them, to check what was written.
    """

    def __init__(self, encoding: BinaryEncoding, reader: ValueReader) -> None:
        self._encoding = encoding
        self._reader = reader

    def written(self, body: bytes, before: Any, after: Any) -> bytes:
        """Return the bytes of a value that was changed.

        Args:
            body: The bytes as they are.
            before: The value tree that the reader gives for them.
            after: The tree to write.

        Raises:
            NotWritableError: The format has no place for it.
        """
        if _same(before, after):
            return body
        try:
            made = self._changed(body, self._encoding.parse(body), before, after)
            text, _, _ = self._reader.read_one(made, 0)
        except (UnicodeEncodeError, struct.error) as error:
            raise NotWritableError(f"a part of it cannot be written: {error}") from error
        if text is None or not _equal(json.loads(text), after):
            raise NotWritableError("it would not be read again as it is to be")
        return made

    def _changed(self, body: bytes, item: Item, before: Any, after: Any) -> bytes:
        if _same(before, after):
            return body[item.begin : item.stop]
        if item.kind is Kind.MAP and isinstance(before, dict) and isinstance(after, dict):
            parts = self._members(body, item, before, after)
        elif item.kind is Kind.ARRAY and isinstance(before, list) and isinstance(after, list):
            parts = self._array(body, item, before, after)
        else:
            return self._replaced(body, item, before, after)
        return b"".join((self._head(body, item, len(after)), *parts, b"\xff" if item.endless else b""))

    def _head(self, body: bytes, item: Item, count: int) -> bytes:
        width = 2 if item.kind is Kind.MAP else 1
        if item.endless or count * width == len(item.parts):
            first = item.parts[0].begin if item.parts else item.stop - item.endless
            return body[item.begin : first]
        return body[item.begin : item.body] + self._encoding.head(item.kind, count)

    def _members(self, body: bytes, item: Item, before: dict[str, Any], after: dict[str, Any]) -> list[bytes]:
        keys, values = item.parts[::2], item.parts[1::2]
        if len(keys) != len(before):
            raise NotWritableError("it has a member twice, which a new encoding would lose")
        known = dict(zip(before, zip(keys, values, strict=True), strict=True))
        found = []
        for name, tree in after.items():
            if name in known:
                key, value = known[name]
                found += [body[key.begin : key.stop], self._changed(body, value, before[name], tree)]
            else:
                found += [self._encoding.text(name), self._new(tree)]
        return found

    def _array(self, body: bytes, item: Item, before: list[Any], after: list[Any]) -> list[bytes]:
        if len(before) == len(after):
            trios = zip(item.parts, before, after, strict=True)
            return [self._changed(body, part, old, new) for part, old, new in trios]
        # Items that stay keep their bytes wherever they come to stand.
        known = {_text(old): body[part.begin : part.stop] for part, old in zip(item.parts, before, strict=True)}
        return [known.get(_text(new)) or self._new(new) for new in after]

    def _replaced(self, body: bytes, item: Item, before: Any, after: Any) -> bytes:
        """Write a value in the place of another one: with its tags, and in its form, where both are alike."""
        if _kind(before) != _kind(after):
            return self._new(after)
        made = self._encoding.special(body, item, after)
        if made is not None:
            return made
        if isinstance(after, (dict, list)) and item.kind not in _CONTAINERS:
            raise NotWritableError(f"a value that JSON has no type for stands there, read as {_text(before)}")
        made = self._new(after)
        if _is_number(after) and item.kind in (Kind.FLOAT, Kind.FLOAT_32) and _fits(after):
            made = self._encoding.number(float(after), item.kind)
        return body[item.begin : item.body] + made

    def _new(self, tree: Any) -> bytes:
        encoding = self._encoding
        if tree is None or isinstance(tree, bool):
            return encoding.constant(tree)
        if isinstance(tree, int):
            return encoding.whole(tree)
        if isinstance(tree, float):
            return encoding.number(tree, Kind.FLOAT)
        if isinstance(tree, str):
            return encoding.text(tree)
        if isinstance(tree, dict):
            members = (encoding.text(name) + self._new(one) for name, one in tree.items())
            return encoding.head(Kind.MAP, len(tree)) + b"".join(members)
        return encoding.head(Kind.ARRAY, len(tree)) + b"".join(map(self._new, tree))


def as_bytes(tree: Any) -> bytes:
    """Return bytes that a value tree has as base64.

    Raises:
        NotWritableError: It has none.
    """
    try:
        return base64.b64decode(tree, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise NotWritableError("bytes stand there, and the new value is no base64") from error


def shortest_float(number: float) -> bool:
    """Tell whether a float of 32 bits is read as this number again: its fewest digits give it back."""
    try:
        narrow = struct.unpack(">f", struct.pack(">f", number))[0]
    except OverflowError:
        return False
    # Nine digits tell every float of 32 bits; the reader writes the fewest that do.
    return any(float(f"{narrow:.{digits}g}") == number for digits in range(1, 10)) and math.isfinite(narrow)


def _fits(number: float) -> bool:
    try:
        return float(number) == number
    except OverflowError:
        return False


def _is_number(tree: Any) -> bool:
    return isinstance(tree, (int, float)) and not isinstance(tree, bool)


def _kind(tree: Any) -> str:
    return "number" if _is_number(tree) else type(tree).__name__


def _text(tree: Any) -> str:
    return json.dumps(tree)


def _same(before: Any, after: Any) -> bool:
    # Texts are compared, because Python takes 1, 1.0 and true for equal.
    return before is after or (type(before) is type(after) and _text(before) == _text(after))


def _equal(read: Any, wanted: Any) -> bool:
    """Compare trees; 3 and 3.0 are equal, because a number that stood as a float stays one."""
    if isinstance(read, dict) and isinstance(wanted, dict):
        return list(read) == list(wanted) and all(_equal(one, wanted[name]) for name, one in read.items())
    if isinstance(read, list) and isinstance(wanted, list):
        return len(read) == len(wanted) and all(map(_equal, read, wanted))
    return _kind(read) == _kind(wanted) and (bool(read == wanted) or _same_time(read, wanted))


def _same_time(read: Any, wanted: Any) -> bool:
    """Tell whether two texts are one time, whose fraction the reader writes with all digits."""
    try:
        return time_parts(read) == time_parts(wanted)
    except (NotWritableError, TypeError):
        return False
