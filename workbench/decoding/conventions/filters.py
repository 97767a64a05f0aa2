"""Filters of selectors: how bytes or text of a place become the text that a field holds."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RawValue: TypeAlias = bytes | str
"""A header's bytes, or the text of a JSON scalar."""

_HEX32 = re.compile(r"[0-9a-fA-F]{32}")
_UUID_BYTES = 16
_LONG_BYTES = 8


def raw_bytes(value: RawValue) -> bytes:
    """Bytes of a value; text as UTF-8."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def big_endian(value: RawValue) -> RawValue | None:
    """Signed big-endian integer of 1 to 8 bytes as decimal text; text where every byte is an ASCII digit."""
    data = raw_bytes(value)
    if data.isdigit():
        return data.decode("ascii")
    if not isinstance(value, bytes) or not 1 <= len(data) <= _LONG_BYTES:
        return None
    return str(int.from_bytes(data, "big", signed=True))


def little_endian(value: RawValue) -> RawValue | None:
    """Signed little-endian integer of 4 or 8 bytes as decimal text; text where every byte is an ASCII digit."""
    data = raw_bytes(value)
    if data.isdigit():
        return data.decode("ascii")
    if not isinstance(value, bytes) or len(data) not in (4, _LONG_BYTES):
        return None
    return str(int.from_bytes(data, "little", signed=True))


def uuid_text(value: RawValue) -> RawValue | None:
    """UUID of 16 raw bytes in network order, or of 32 hex digits; anything else stays."""
    if isinstance(value, bytes) and len(value) == _UUID_BYTES:
        return str(uuid.UUID(bytes=value))
    return _hyphenated(value)


def uuid_little_endian(value: RawValue) -> RawValue | None:
    """UUID of 16 raw bytes as .NET writes them, first three groups swapped; anything else stays."""
    if isinstance(value, bytes) and len(value) == _UUID_BYTES:
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
    """First of a .NET list of assembly-qualified type names, without the assembly."""
    return raw_bytes(value).split(b";", 1)[0].split(b",", 1)[0].strip()


def postgres_transaction(value: RawValue) -> RawValue | None:
    """Digits before the colon of ``txid:lsn``; unchanged if they are not all digits."""
    head, colon, _ = raw_bytes(value).partition(b":")
    return head if colon and head.isdigit() else value


FILTERS: Mapping[str, Callable[[RawValue], RawValue | None]] = {
    "be": big_endian,
    "le": little_endian,
    "uuid": uuid_text,
    "uuid_le": uuid_little_endian,
    "urn": without_urn,
    "typename": type_name,
    "pgtx": postgres_transaction,
}
"""Filters by name; None means that the value cannot be read that way."""
