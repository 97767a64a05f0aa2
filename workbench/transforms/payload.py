"""Encodes and decodes the payload in which a data transform reads and writes a record: key, value and headers.

The form is that of a Kafka record of format 2 without its length, attributes, timestamp and offset: signed varints in
zigzag form, -1 as the length of null. Null and empty are kept apart, for header values too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Headers: TypeAlias = "tuple[tuple[bytes, bytes | None], ...]"

_VARINT_BYTES = 10
_SEVEN_BITS = 0x7F
_MORE = 0x80
_WORD = (1 << 64) - 1
_NULL = b"\x01"
_WITHOUT_HEADERS = 3


class PayloadError(ValueError):
    """A payload that does not have the form of a record; the message says at which byte, and why."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Key, value and headers of a record."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()

    def encode(self) -> bytes:
        """Return the bytes that a transform reads and writes."""
        return encode_payload(self.key, self.value, self.headers)


def encode_varint(number: int) -> bytes:
    """Encode a signed number of at most 64 bits as a zigzag varint."""
    rest = (number << 1) ^ (number >> 63)
    if 0 <= rest <= _SEVEN_BITS:
        return bytes((rest,))
    rest &= _WORD
    encoded = bytearray()
    while rest > _SEVEN_BITS:
        encoded.append(rest & _SEVEN_BITS | _MORE)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


_LENGTHS = tuple(encode_varint(length) for length in range(2_048))


def encode_sized(data: bytes | None) -> bytes:
    """Encode bytes after their length, null as the length -1."""
    if data is None:
        return _NULL
    length = len(data)
    return (_LENGTHS[length] if length < len(_LENGTHS) else encode_varint(length)) + data


def encode_payload(key: bytes | None, value: bytes | None, headers: Iterable[tuple[bytes, bytes | None]]) -> bytes:
    """Encode key, value and headers as one payload."""
    parts = [encode_sized(key), encode_sized(value), b"\0"]
    for name, data in headers:
        parts += [encode_sized(name), encode_sized(data)]
    if len(parts) > _WITHOUT_HEADERS:
        parts[_WITHOUT_HEADERS - 1] = encode_varint((len(parts) - _WITHOUT_HEADERS) // 2)
    return b"".join(parts)


def decode_payload(data: bytes) -> Payload:
    """Decode a payload.

    Raises:
        PayloadError: It has not the form of a record, or bytes are left over.
    """
    cursor = PayloadReader(data)
    sized = cursor.sized
    key, value = sized("the key"), sized("the value")
    count = cursor.varint("the number of headers")
    if count < 0:
        raise PayloadError(f"The number of headers is {count}, below 0.")
    # A name that is null is read as an empty one: Kafka has no null names.
    headers = tuple((sized("a header name") or b"", sized("a header value")) for _ in range(count)) if count else ()
    cursor.finish()
    return Payload(key, value, headers)


class PayloadReader:
    """Reads varints and sized bytes one after another, and checks every length before it takes anything."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def varint(self, what: str) -> int:
        """Read a signed number of at most 64 bits.

        Raises:
            PayloadError: The data end inside it, or it has more than 10 bytes or 64 bits.
        """
        at = self._at
        if at < len(self._data) and (short := self._data[at]) < _MORE:
            self._at = at + 1
            return (short >> 1) ^ -(short & 1)
        rest = 0
        for index in range(_VARINT_BYTES):
            if self._at + index >= len(self._data):
                raise PayloadError(f"The payload ends at byte {self._at + index}, inside {what}.")
            byte = self._data[self._at + index]
            rest |= (byte & _SEVEN_BITS) << (7 * index)
            if not byte & _MORE:
                break
        else:
            raise PayloadError(f"At byte {self._at} {what} is longer than a varint can be.")
        if rest > _WORD:
            raise PayloadError(f"At byte {self._at} {what} has more than 64 bits.")
        self._at += index + 1
        return (rest >> 1) ^ -(rest & 1)

    def sized(self, what: str) -> bytes | None:
        """Read bytes after their length; None where the length is -1.

        Raises:
            PayloadError: The length is below -1, or the data end before it is reached.
        """
        data, at = self._data, self._at
        # Lengths of one and two bytes, which most are, are read here: this is done for every record.
        if at + 1 < len(data) and data[at] < _MORE:
            length, self._at = (data[at] >> 1) ^ -(data[at] & 1), at + 1
        elif at + 1 < len(data) and data[at + 1] < _MORE:
            length = data[at] & _SEVEN_BITS | data[at + 1] << 7
            length, self._at = (length >> 1) ^ -(length & 1), at + 2
        else:
            length = self.varint(f"the length of {what}")
        if length == -1:
            return None
        if length < 0:
            raise PayloadError(f"The length of {what} is {length}, below -1.")
        rest = len(data) - self._at
        if length > rest:
            raise PayloadError(f"At byte {self._at} {what} has the length {length}, and the payload has {rest} left.")
        start, self._at = self._at, self._at + length
        return data[start : self._at]

    def finish(self) -> None:
        """Check that nothing is left.

        Raises:
            PayloadError: Bytes are left over.
        """
        rest = len(self._data) - self._at
        if rest:
            raise PayloadError(f"The record ends at byte {self._at}, and {rest} more follow it.")
