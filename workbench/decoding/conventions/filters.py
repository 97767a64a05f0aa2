"""Filters of selectors: turn bytes or text into the text that a field holds."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RawValue: TypeAlias = bytes | str
"""A header's bytes, or the text of a JSON scalar."""

_HEX32 = re.compile(r"[0-9a-fA-F]{32}")
_DECIMAL = re.compile(rb"[ \t]*(?:\+|(-))?([0-9]+)[ \t]*")
_PRINTABLE = re.compile(rb"[\x20-\x7e]+")
_UUID_BYTES = 16
_TEXT_BYTES = 4
"""From this length on, bytes that are all printable are text: as numbers they would be implausibly large."""
_LONG_BYTES = 8


def raw_bytes(value: RawValue) -> bytes:
    """Return the bytes of a value; text as UTF-8."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def big_endian(value: RawValue) -> RawValue | None:
    """Read a signed big-endian integer of 1 to 8 bytes to decimal text; digits, also with a sign, are text already."""
    data = raw_bytes(value)
    if (text := _decimal(data)) is not None:
        return text
    if not isinstance(value, bytes) or not 1 <= len(data) <= _LONG_BYTES or _is_text(data):
        return None
    return str(int.from_bytes(data, "big", signed=True))


def little_endian(value: RawValue) -> RawValue | None:
    """Read a signed little-endian integer of 4 or 8 bytes to decimal text; digits with or without a sign are text."""
    data = raw_bytes(value)
    if (text := _decimal(data)) is not None:
        return text
    if not isinstance(value, bytes) or len(data) not in (4, _LONG_BYTES) or _is_text(data):
        return None
    return str(int.from_bytes(data, "little", signed=True))


def _decimal(data: bytes) -> str | None:
    found = _DECIMAL.fullmatch(data)
    return None if found is None else ((found[1] or b"") + found[2]).decode("ascii")


def _is_text(data: bytes) -> bool:
    return len(data) >= _TEXT_BYTES and _PRINTABLE.fullmatch(data) is not None


def uuid_text(value: RawValue) -> RawValue | None:
    """Write 16 raw bytes in network order, or 32 hex digits, as a UUID; other values, also printable, are unchanged."""
    if isinstance(value, bytes) and len(value) == _UUID_BYTES and not _is_text(value):
        return str(uuid.UUID(bytes=value))
    return _hyphenated(value)


def uuid_little_endian(value: RawValue) -> RawValue | None:
    """Write 16 raw bytes in the order of .NET (first three groups swapped) as a UUID; anything else is unchanged."""
    if isinstance(value, bytes) and len(value) == _UUID_BYTES and not _is_text(value):
        return str(uuid.UUID(bytes_le=value))
    return _hyphenated(value)


def _hyphenated(value: RawValue) -> RawValue:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    return str(uuid.UUID(hex=text)) if _HEX32.fullmatch(text) else value


def without_urn(value: RawValue) -> RawValue | None:
    """Drop ``urn:message:``."""
    return (
        raw_bytes(value).removeprefix(b"urn:message:")
        if isinstance(value, bytes)
        else value.removeprefix("urn:message:")
    )


def type_name(value: RawValue) -> RawValue | None:
    """Return the first of a .NET list of assembly-qualified type names, without the assembly."""
    return raw_bytes(value).split(b";", 1)[0].split(b",", 1)[0].strip()


def postgres_transaction(value: RawValue) -> RawValue | None:
    """Return the digits before the colon of ``txid:lsn``; the value unchanged if they are not all digits."""
    head, colon, _ = raw_bytes(value).partition(b":")
    return head if colon and head.isdigit() else value


def endpoint_topic(value: RawValue) -> RawValue | None:
    """Return the topic of an address such as ``kafka://topic/orders``; another value unchanged."""
    return raw_bytes(value).rpartition(b"://topic/")[2]


FILTERS: Mapping[str, Callable[[RawValue], RawValue | None]] = {
    "be": big_endian,
    "le": little_endian,
    "uuid": uuid_text,
    "uuid_le": uuid_little_endian,
    "urn": without_urn,
    "typename": type_name,
    "pgtx": postgres_transaction,
    "endpoint": endpoint_topic,
}
"""Filters by name; None means that the value cannot be read that way."""
