"""Reads message formats 0 and 1 of old topics with aiokafka's parser, one Python object per record."""

from __future__ import annotations

from struct import Struct
from struct import error as struct_error

import pyarrow as pa
from aiokafka.record.memory_records import MemoryRecords

from workbench.bus.kafka.fetching import compression
from workbench.bus.kafka.fetching.records import CorruptRecords, OversizedRecords
from workbench.model.records.columns import RECORD
from workbench.model.records.record import TimestampType

_MAGIC_AT = 16
_CODEC = 0x07
_LENGTH = Struct(">i")
_STEP_BYTES = 1 << 20
_TOO_MUCH = "a message, or a set of them, holds more than the largest record may"
SMALLEST = 14
"""Bytes after the length field of the smallest message."""


def table(data: bytes | memoryview, partition: int, at: int, stop: int, *, largest: int) -> pa.RecordBatch:
    """Read one message or one compressed set of messages.

    Raises:
        CorruptRecords: The parser refuses the bytes.
        OversizedRecords: It unpacks to more than ``largest`` bytes.
    """
    _check_size(memoryview(data)[at:stop], largest)
    rows = []
    try:
        messages = MemoryRecords(bytes(data[at:stop]))
        while (batch := messages.next_batch()) is not None:
            if not batch.validate_crc():
                raise CorruptRecords("the checksum differs")  # noqa: TRY301 - it leaves by the same door as the others
            rows += [
                {
                    "partition": partition,
                    "offset": record.offset,
                    "timestamp_ms": -1 if record.timestamp is None else record.timestamp,
                    "timestamp_type": TimestampType.NONE if record.timestamp is None else record.timestamp_type,
                    "key": record.key,
                    "value": record.value,
                    "headers": [],
                }
                for record in batch
            ]
    except Exception as error:  # aiokafka's parser raises whatever a wrong length leads to, SystemError among them
        raise CorruptRecords(str(error) or type(error).__name__) from error
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def _check_size(message: memoryview, largest: int) -> None:
    """Refuse what unpacks to too much before the parser takes memory for all of it."""
    if len(message) > largest:
        raise OversizedRecords(_TOO_MUCH)
    try:
        magic, codec = message[_MAGIC_AT], message[_MAGIC_AT + 1] & _CODEC
        key_at = _MAGIC_AT + 2 + (8 if magic else 0)  # format 1 has a timestamp
        (key_size,) = _LENGTH.unpack_from(message, key_at)
        value_at = key_at + _LENGTH.size + max(0, key_size)
        (value_size,) = _LENGTH.unpack_from(message, value_at)
    except (IndexError, struct_error) as error:
        raise CorruptRecords("a message is cut off") from error
    if codec == compression.NONE or value_size < 0:
        return
    value_at += _LENGTH.size
    size = 0
    try:
        read = compression.unpacking(codec, message[value_at : value_at + value_size])
        while step := read(_STEP_BYTES):
            size += len(step)
            if size > largest:
                raise OversizedRecords(_TOO_MUCH)
    except compression.CompressionError as error:
        raise CorruptRecords(str(error)) from error
