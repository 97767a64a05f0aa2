"""Reads message formats 0 and 1 of old topics with aiokafka's parser, one Python object per record."""

from __future__ import annotations

import pyarrow as pa
from aiokafka.record.memory_records import MemoryRecords

from workbench.bus.kafka.fetching.records import CorruptRecords
from workbench.model.records.columns import RECORD
from workbench.model.records.record import TimestampType

SMALLEST = 14
"""Bytes after the length field of the smallest message."""


def table(data: bytes | memoryview, partition: int, at: int, stop: int) -> pa.RecordBatch:
    """Read one message or one compressed set of messages.

    Raises:
        CorruptRecords: The parser refuses the bytes.
    """
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
