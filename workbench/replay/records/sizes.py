"""Sizes on the wire: bytes of an uncompressed record batch, version 2, that holds one record.

Source: the Kafka protocol's message format, https://kafka.apache.org/documentation/#messageformat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.model import HeaderList

BATCH_OVERHEAD = 61
"""Bytes of a batch header."""

_VARINT_MOST = 5
HEADER_OVERHEAD = 2 * _VARINT_MOST
"""Most bytes that a header needs besides its name and value."""

_VARINT_BITS = 7


def batch_bytes(key: bytes | None, value: bytes | None, headers: HeaderList) -> int:
    """Return the exact size in bytes of a batch with this record alone."""
    body = 3 + _field(key) + _field(value) + _varint(len(headers))
    body += sum(_field(name) + _field(content) for name, content in headers)
    return BATCH_OVERHEAD + _varint(body) + body


def most_batch_bytes(payload_bytes: int, headers: int) -> int:
    """Return an upper bound of `batch_bytes` for a record of so many bytes of key, value and headers."""
    return BATCH_OVERHEAD + payload_bytes + 5 * _VARINT_MOST + headers * HEADER_OVERHEAD


def _field(data: bytes | None) -> int:
    return _varint(-1) if data is None else _varint(len(data)) + len(data)


def _varint(number: int) -> int:
    zigzag = (number << 1) ^ (number >> 31)
    return max(1, -(-zigzag.bit_length() // _VARINT_BITS))
