"""Reads header values that a gateway left in the encoding of AMQP 1.0, as Azure Event Hubs does for Kafka readers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.decoding.conventions.filters import RawValue

_TEXT_SIZES = {0xA1: 1, 0xA3: 1, 0xB1: 4, 0xB3: 4}
"""Constructors of strings and symbols, and the bytes of the length behind them."""
_BINARY_SIZES = {0xA0: 1, 0xB0: 4}
_UUID, _UUID_BYTES = 0x98, 17
_NUMBERS = {0x80: False, 0x81: True, 0x83: True}
"""Constructors of ulong, long and timestamp (milliseconds), and whether they have a sign."""
_NUMBER_BYTES = 9
_RAW_UUID_BYTES = 16


def amqp_value(data: bytes) -> RawValue | None:
    """Return the value of a string, symbol, binary, UUID or 8-byte number; None where the bytes are no such encoding.

    Each of these begins with a byte that cannot begin UTF-8 text, and its length must be exactly the one that it says.
    """
    code = data[0] if data else 0
    if code in _TEXT_SIZES:
        content = _content(data, _TEXT_SIZES[code])
        try:
            return None if content is None else content.decode()
        except UnicodeDecodeError:
            return None
    if code in _BINARY_SIZES:
        # 16 bytes are a UUID of random bytes rather than 14 bytes of AMQP.
        return None if len(data) == _RAW_UUID_BYTES else _content(data, _BINARY_SIZES[code])
    if code == _UUID and len(data) == _UUID_BYTES:
        return str(uuid.UUID(bytes=data[1:]))
    if code in _NUMBERS and len(data) == _NUMBER_BYTES:
        return str(int.from_bytes(data[1:], "big", signed=_NUMBERS[code]))
    return None


def _content(data: bytes, size_bytes: int) -> bytes | None:
    start = 1 + size_bytes
    return data[start:] if len(data) - start == int.from_bytes(data[1:start], "big") and len(data) >= start else None
