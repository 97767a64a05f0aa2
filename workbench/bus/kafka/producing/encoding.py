"""Encodes records as a record batch of format 2: header names are bytes, nulls stay null.

aiokafka's builder takes header names as text only; this one writes back every record that can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from workbench.bus.kafka.fetching.compression import NONE
from workbench.bus.kafka.producing.compressing import compressed
from workbench.bus.kafka.producing.sealing import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.records.record import NewRecord

_AFTER_CRC = Struct(">hiqqqhii")
_BEFORE_CRC = Struct(">qiib")
_CRC_BYTES = 4
_BEFORE_LENGTH = 12
"""Bytes of base offset and length, which the length does not count."""
_TRANSACTIONAL = 0x10
_CONTINUES = 0x80
_FORMAT = 2

HEADER_BYTES = 61
"""Size of a batch's own header."""
RECORD_OVERHEAD = 36
"""Upper bound of the bytes that lengths and deltas of a record without headers take."""
HEADER_OVERHEAD = 10
"""Upper bound of the bytes that the lengths of one header take."""


@dataclass(frozen=True, slots=True)
class ProducerFields:
    """The producer's fields of a batch header: id, epoch, and the sequence number of the first record.

    The broker recognises a repeated batch by them. All -1: the producer is not idempotent.
    """

    producer_id: int = -1
    epoch: int = -1
    sequence: int = -1
    transactional: bool = False


def size_of(record: NewRecord) -> int:
    """Upper estimate of the bytes a record takes in a batch."""
    size = RECORD_OVERHEAD + len(record.key or b"") + len(record.value or b"")
    return size + sum(HEADER_OVERHEAD + len(name) + len(value or b"") for name, value in record.headers)


def encode_batch(
    records: Sequence[NewRecord], timestamps: Sequence[int], producer: ProducerFields, codec: int = NONE
) -> bytes:
    """Encode records with their timestamps (milliseconds) as one batch."""
    base = timestamps[0]
    body = bytearray(HEADER_BYTES)
    for number, (record, timestamp) in enumerate(zip(records, timestamps, strict=True)):
        encoded = _record(record, number, timestamp - base)
        body += varint(len(encoded))
        body += encoded
    return framed(bytes(body), len(records), base, max(timestamps), producer, codec=codec)


def framed(room: bytes, count: int, base: int, largest: int, producer: ProducerFields, *, codec: int = NONE) -> bytes:
    """Return encoded records as a batch, with its header in front of them.

    Args:
        room: `HEADER_BYTES` bytes of room, then the records. Nobody else may know it: uncompressed, it is the batch.
        count: Number of records.
        base: Timestamp that the deltas of the records count from.
        largest: Largest timestamp of them.
        producer: The producer's fields.
        codec: Code of the compression.
    """
    if codec != NONE:
        room = bytes(HEADER_BYTES) + compressed(memoryview(room)[HEADER_BYTES:], codec)
    # The broker sets base offset (0) and partition leader epoch (-1); the checksum, made last, does not cover them.
    before = _BEFORE_CRC.pack(0, len(room) - _BEFORE_LENGTH, -1, _FORMAT)
    after = _AFTER_CRC.pack(
        codec | (_TRANSACTIONAL if producer.transactional else 0),
        count - 1,
        base,
        largest,
        producer.producer_id,
        producer.epoch,
        producer.sequence,
        count,
    )
    seal(room, before + bytes(_CRC_BYTES) + after)
    return room


def varint(value: int) -> bytes:
    """Encode a zigzag varint of up to 64 bits."""
    return _SMALL[value + 1] if -1 <= value < len(_SMALL) - 1 else _varint(value)


def _record(record: NewRecord, number: int, timestamp_delta: int) -> bytearray:
    encoded = bytearray(1)  # attributes of the record: none are defined
    encoded += varint(timestamp_delta)
    encoded += varint(number)
    _slice(encoded, record.key)
    _slice(encoded, record.value)
    encoded += varint(len(record.headers))
    for name, value in record.headers:
        _slice(encoded, name)
        _slice(encoded, value)
    return encoded


def _slice(encoded: bytearray, data: bytes | None) -> None:
    if data is None:
        encoded += _SMALL[0]
        return
    encoded += varint(len(data))
    encoded += data


def _varint(value: int) -> bytes:
    left = (value << 1) ^ (value >> 63)
    out = bytearray()
    while left >= _CONTINUES:
        out.append(left & 0x7F | _CONTINUES)
        left >>= 7
    out.append(left)
    return bytes(out)


_SMALL = tuple(_varint(value) for value in range(-1, 2048))
