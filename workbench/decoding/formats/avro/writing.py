"""Writes Avro's binary encoding by the program of a schema: what the compiled reader makes JSON, it makes bytes again.

Arrays and maps are written as one block, and a union as the first branch that the value fits. What was written
otherwise cannot be written again byte for byte, and is refused before anything in it is changed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import uuid
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.value_writer import NotWritableError
from workbench.decoding.native.avro import KINDS
from workbench.text import size_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.decoding.formats.avro.program import AvroProgram, Row

_MOST_LEVELS = 256
_NAMES = {number: name for name, number in KINDS.items()}
_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_TIME = r"(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?"
_TIME_OF_DAY = re.compile(rf"{_TIME}\Z", re.ASCII)
_TIMESTAMP = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}})[T ]{_TIME}(Z|[+-]\d{{2}}:\d{{2}})?\Z", re.ASCII)
_DECIMAL = re.compile(r"(-?)(\d+)(?:\.(\d+))?\Z", re.ASCII)


class AvroWriter:
    """Writes values of one schema."""

    def __init__(self, program: AvroProgram) -> None:
        self._nodes = program.nodes
        self._parts = program.parts
        self._names = [text.removesuffix(b":").decode() for text in program.texts]
        self._write: dict[str, Callable[[Row, Any, bytearray, int], None]] = {
            "record": self._record,
            "array": self._array,
            "map": self._map,
            "union": self._union,
            "enum": self._enum,
        }

    def written(self, body: bytes, before: Any, after: Any) -> bytes:
        """Return the bytes of a value that was changed.

        Args:
            body: The bytes as they are, without a frame.
            before: The value tree that the reader gives for them.
            after: The tree to write.

        Raises:
            NotWritableError: The bytes as they are would not be written again, or the tree does not fit the schema.
        """
        if self.write(before) != body:
            raise NotWritableError("its Avro bytes would not be written again as they are")
        return self.write(after)

    def write(self, tree: Any) -> bytes:
        """Encode a value tree.

        Raises:
            NotWritableError: It does not fit the schema.
        """
        out = bytearray()
        self._value(0, tree, out, 0)
        return bytes(out)

    def _value(self, number: int, tree: Any, out: bytearray, level: int) -> None:
        if level > _MOST_LEVELS:
            raise NotWritableError("it is nested too deeply")
        row = self._nodes[number]
        name = _NAMES[row[0]]
        compound = self._write.get(name)
        if compound is not None:
            compound(row, tree, out, level + 1)
        else:
            _PLAIN[name](row, tree, out)

    def _record(self, row: Row, tree: Any, out: bytearray, level: int) -> None:
        _, first, count, _ = row
        _check(tree, dict, "an object")
        known = set()
        for at in range(first, first + 2 * count, 2):
            name = json.loads(self._names[self._parts[at]])
            known.add(name)
            if name not in tree:
                raise NotWritableError(f"its member {visible(name, 60)} is missing")
            self._below(name, self._parts[at + 1], tree[name], out, level)
        odd = sorted(tree.keys() - known)
        if odd:
            raise NotWritableError(f"its schema has no member {visible(odd[0], 60)}")

    def _below(self, name: str, number: int, tree: Any, out: bytearray, level: int) -> None:
        try:
            self._value(number, tree, out, level)
        except NotWritableError as error:
            raise error.below(visible(name, 60)) from None

    def _array(self, row: Row, tree: Any, out: bytearray, level: int) -> None:
        _check(tree, list, "an array")
        if tree:
            _put_long(out, len(tree))
            for at, item in enumerate(tree):
                self._below(str(at), row[1], item, out, level)
        out.append(0)

    def _map(self, row: Row, tree: Any, out: bytearray, level: int) -> None:
        _check(tree, dict, "an object")
        if tree:
            _put_long(out, len(tree))
            for name, item in tree.items():
                _string(row, name, out)
                self._below(name, row[1], item, out, level)
        out.append(0)

    def _union(self, row: Row, tree: Any, out: bytearray, level: int) -> None:
        _, first, count, _ = row
        reason = NotWritableError("it fits no branch of its union")
        for branch in range(count):
            trial = bytearray()
            _put_long(trial, branch)
            try:
                self._value(self._parts[first + branch], tree, trial, level)
            except NotWritableError as error:
                # The reason that lies deepest is that of the branch which was meant.
                reason = error if len(error.path) > len(reason.path) else reason
                continue
            out += trial
            return
        raise reason

    def _enum(self, row: Row, tree: Any, out: bytearray, level: int) -> None:
        del level
        _, first, count, _ = row
        _check(tree, str, "a symbol")
        quoted = json.dumps(tree)
        for at in range(count):
            if self._names[self._parts[first + at]] == quoted:
                _put_long(out, at)
                return
        raise NotWritableError(f"{visible(tree, 60)} is no symbol of its enum")


def _check(tree: Any, kind: type, what: str) -> None:
    if not isinstance(tree, kind):
        raise _other(tree, what)


def _other(tree: Any, what: str) -> NotWritableError:
    return NotWritableError(f"it is {visible(json.dumps(tree), 60)}, and its schema wants {what}")


def _put_long(out: bytearray, number: int) -> None:
    """Write an integer of variable length: seven bits a byte, the sign in the last bit."""
    rest = number << 1 if number >= 0 else (-number << 1) - 1
    while rest > 0x7F:  # noqa: PLR2004 - the bits of a byte before the mark that more follows
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)


def _put_sized(row: Row, content: bytes, out: bytearray) -> None:
    if row[3] < 0:
        _put_long(out, len(content))
    elif len(content) != row[3]:
        raise NotWritableError(f"it has {size_text(len(content))}, and its schema wants {size_text(row[3])}")
    out += content


def _put_whole(row: Row, number: int, out: bytearray) -> None:
    bits = row[3]
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise NotWritableError(f"{number} has more than {bits} bits")
    _put_long(out, number)


def _null(row: Row, tree: Any, out: bytearray) -> None:
    del row, out
    if tree is not None:
        raise _other(tree, "null")


def _boolean(row: Row, tree: Any, out: bytearray) -> None:
    del row
    _check(tree, bool, "true or false")
    out.append(tree)


def _long(row: Row, tree: Any, out: bytearray) -> None:
    if not _is_whole(tree):
        raise _other(tree, "a whole number")
    _put_whole(row, tree, out)


def _float(row: Row, tree: Any, out: bytearray) -> None:
    layout = "<f" if _NAMES[row[0]] == "float" else "<d"
    number = _NOT_FINITE.get(tree) if isinstance(tree, str) else tree
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise _other(tree, "a number")
    try:
        out += struct.pack(layout, number)
    except (OverflowError, struct.error) as error:
        raise NotWritableError(f"{visible(str(number), 60)} is too large for its schema") from error


def _string(row: Row, tree: Any, out: bytearray) -> None:
    del row
    _check(tree, str, "a text")
    try:
        content = tree.encode()
    except UnicodeEncodeError as error:
        raise NotWritableError("its text cannot be written in UTF-8") from error
    _put_long(out, len(content))
    out += content


def _bytes(row: Row, tree: Any, out: bytearray) -> None:
    _check(tree, str, "base64")
    try:
        content = base64.b64decode(tree, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotWritableError(f"{visible(tree, 60)} is no base64") from error
    _put_sized(row, content, out)


def _decimal(row: Row, tree: Any, out: bytearray) -> None:
    _check(tree, str, "a decimal as text")
    found, scale = _DECIMAL.match(tree), row[1]
    if found is None or len(found[3] or "") > scale:
        raise NotWritableError(f"{visible(tree, 60)} is no decimal with {scale} digits behind the point")
    number = int(found[1] + found[2] + (found[3] or "").ljust(scale, "0"))
    size = row[3] if row[3] >= 0 else ((number if number >= 0 else ~number).bit_length() + 8) // 8
    try:
        content = number.to_bytes(size, "big", signed=True)
    except OverflowError as error:
        raise NotWritableError(f"{visible(tree, 60)} is too large for its schema") from error
    _put_sized(row, content, out)


def _uuid(row: Row, tree: Any, out: bytearray) -> None:
    _check(tree, str, "a UUID")
    try:
        content = uuid.UUID(tree).bytes
    except ValueError as error:
        raise NotWritableError(f"{visible(tree, 60)} is no UUID") from error
    _put_sized(row, content, out)


def _duration(row: Row, tree: Any, out: bytearray) -> None:
    del row
    names = ("months", "days", "milliseconds")
    if not isinstance(tree, dict) or tree.keys() != set(names):
        raise _other(tree, "an object with months, days and milliseconds")
    try:
        out += struct.pack("<3I", *(tree[name] for name in names))
    except struct.error as error:
        raise NotWritableError("a duration has a part that is no whole number of 32 bits") from error


def _date(row: Row, tree: Any, out: bytearray) -> None:
    _put_whole(row, tree if _is_whole(tree) else _day(tree) - _EPOCH_DAY, out)


def _time(row: Row, tree: Any, out: bytearray) -> None:
    found = _TIME_OF_DAY.match(tree) if isinstance(tree, str) else None
    if found is None and not _is_whole(tree):
        raise _other(tree, "a time of day such as 03:04:05.678")
    _put_whole(row, tree if found is None else _units(found.groups(), row[1]), out)


def _timestamp(row: Row, tree: Any, out: bytearray) -> None:
    found = _TIMESTAMP.match(tree) if isinstance(tree, str) else None
    if _is_whole(tree):
        _put_whole(row, tree, out)
        return
    if found is None or (found[6] is None) == bool(row[2]):
        zone = "with its zone, 2026-01-02T03:04:05Z" if row[2] else "without zone, 2026-01-02T03:04:05"
        raise NotWritableError(f"{visible(str(tree), 60)} is no time {zone}")
    day, *parts, zone = found.groups()
    shift = 0 if zone in (None, "Z") else int(f"{zone[0]}1") * (int(zone[1:3]) * _HOUR_S + int(zone[4:]) * _MINUTE_S)
    seconds = (_day(day) - _EPOCH_DAY) * _DAY_S - shift
    _put_whole(row, seconds * 10 ** row[1] + _units(tuple(parts), row[1]), out)


def _is_whole(tree: Any) -> bool:
    return isinstance(tree, int) and not isinstance(tree, bool)


def _day(text: Any) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except (TypeError, ValueError) as error:
        raise NotWritableError(f"{visible(str(text), 60)} is no date such as 2026-01-02") from error


def _units(parts: tuple[str | None, ...], digits: int) -> int:
    """Return a time of day as a number of units, a unit of so many decimals of a second."""
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    fraction = (parts[3] or "").rstrip("0")
    if len(fraction) > digits:
        raise NotWritableError(f"a time has more than {digits} digits of a second")
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004 - the parts of a day
        raise NotWritableError("a time is none of the day")
    whole = hours * _HOUR_S + minutes * _MINUTE_S + seconds
    units: int = 10**digits
    return whole * units + int(fraction.ljust(digits, "0") or 0)


_PLAIN: dict[str, Callable[[Row, Any, bytearray], None]] = {
    "null": _null,
    "boolean": _boolean,
    "long": _long,
    "float": _float,
    "double": _float,
    "bytes": _bytes,
    "fixed": _bytes,
    "string": _string,
    "decimal": _decimal,
    "uuid": _uuid,
    "duration": _duration,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
}
