"""Reads OTLP Protobuf into the shape of OTLP JSON: the few fields that spans need, without a schema or an extra.

The numbers are those of ``opentelemetry/proto/trace/v1/trace.proto``; unknown fields are passed over.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_CONTINUES = 0x80
_PREFIX = struct.Struct(">I")


class _Field(NamedTuple):
    name: str
    kind: str
    """``text``, ``hex``, ``number``, ``signed``, ``flag``, ``double``, or the message of `_MESSAGES`."""
    many: bool = False


_Message: TypeAlias = "dict[int, _Field]"

_MESSAGES: dict[str, _Message] = {
    "request": {1: _Field("resourceSpans", "resource_spans", many=True)},
    "resource_spans": {1: _Field("resource", "resource"), 2: _Field("scopeSpans", "scope_spans", many=True)},
    "resource": {1: _Field("attributes", "pair", many=True)},
    "scope_spans": {2: _Field("spans", "span", many=True)},
    "span": {
        1: _Field("traceId", "hex"),
        2: _Field("spanId", "hex"),
        4: _Field("parentSpanId", "hex"),
        5: _Field("name", "text"),
        6: _Field("kind", "number"),
        7: _Field("startTimeUnixNano", "number"),
        8: _Field("endTimeUnixNano", "number"),
        9: _Field("attributes", "pair", many=True),
        13: _Field("links", "link", many=True),
        15: _Field("status", "status"),
    },
    "link": {1: _Field("traceId", "hex"), 2: _Field("spanId", "hex")},
    "status": {3: _Field("code", "number")},
    "pair": {1: _Field("key", "text"), 2: _Field("value", "value")},
    "value": {
        1: _Field("stringValue", "text"),
        2: _Field("boolValue", "flag"),
        3: _Field("intValue", "signed"),
        4: _Field("doubleValue", "double"),
    },
}


def read_messages(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the export requests of a file: one message, or messages that a length of four bytes precedes.

    Raises:
        ValueError: The bytes are not such messages; the text says at which byte.
    """
    view = memoryview(data)
    if (pieces := _framed(view)) is None:
        pieces = [view]
    for piece in pieces:
        yield _message(piece, "request")


def _framed(view: memoryview) -> list[memoryview] | None:
    """Cut a file at its length prefixes; None unless they fill the file exactly, as the collector writes them."""
    pieces, at = [], 0
    while at < len(view):
        if at + _PREFIX.size > len(view):
            return None
        (size,) = _PREFIX.unpack_from(view, at)
        at += _PREFIX.size
        if at + size > len(view):
            return None
        pieces.append(view[at : at + size])
        at += size
    return pieces


def _message(view: memoryview, name: str) -> dict[str, Any]:
    fields, tree, at = _MESSAGES[name], dict[str, Any](), 0
    while at < len(view):
        key, at = _varint(view, at)
        value, at = _raw(view, at, key & 7)
        field = fields.get(key >> 3)
        if field is None:
            continue
        read = _value(value, field.kind)
        if field.many:
            tree.setdefault(field.name, []).append(read)
        else:
            tree[field.name] = read
    return tree


def _value(raw: int | memoryview, kind: str) -> Any:
    if kind in ("number", "signed", "flag", "double"):
        if not isinstance(raw, int):
            raise ValueError(f"a {kind} is missing where the Protobuf of OTLP has one")
        if kind == "double":
            return struct.unpack("<d", raw.to_bytes(8, "little"))[0]
        return bool(raw) if kind == "flag" else raw - 2**64 if kind == "signed" and raw >= 2**63 else raw
    if not isinstance(raw, memoryview):
        raise ValueError(f"a number stands where the Protobuf of OTLP has a {kind}")  # noqa: TRY004 - wrong bytes
    if kind == "hex":
        return raw.hex()
    return bytes(raw).decode("utf-8", "replace") if kind == "text" else _message(raw, kind)


def _raw(view: memoryview, at: int, wire: int) -> tuple[int | memoryview, int]:
    if wire == _VARINT:
        return _varint(view, at)
    if wire == _LENGTH:
        size, at = _varint(view, at)
    elif wire in (_FIXED64, _FIXED32):
        size = 8 if wire == _FIXED64 else 4
    else:
        raise ValueError(f"wire type {wire} at byte {at} is none of Protobuf")
    if at + size > len(view):
        raise ValueError(f"a field at byte {at} ends beyond its message: the file is cut off or is no OTLP Protobuf")
    piece = view[at : at + size]
    return (piece if wire == _LENGTH else int.from_bytes(piece, "little")), at + size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    number = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= len(view):
            raise ValueError(f"the bytes end inside a number at byte {at}: the file is cut off")
        byte = view[at + place]
        number |= (byte & ~_CONTINUES) << (7 * place)
        if byte < _CONTINUES:
            return number & (2**64 - 1), at + place + 1
    raise ValueError(f"a number at byte {at} is longer than any of Protobuf")
