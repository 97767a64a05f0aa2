"""Defines a record read from a broker, and a record to be written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from workbench.text import partition_text, position_text

HeaderList: TypeAlias = "tuple[tuple[bytes, bytes | None], ...]"
"""Headers in order, duplicates kept; a value may be null, a name is bytes."""


class TimestampType(IntEnum):
    """Timestamp type of a record: CreateTime (set by the producer), LogAppendTime (set by the broker), or none."""

    NONE = -1
    CREATE = 0
    APPEND = 1


@dataclass(frozen=True, slots=True, order=True)
class TopicPartition:
    """The name of one partition log."""

    topic: str
    partition: int

    def __str__(self) -> str:
        """Return ``topic/partition``."""
        return partition_text(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Record:
    """A record read from a partition, with key, value and headers as bytes."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """Milliseconds since 1970 UTC; -1 when the record has none."""
    timestamp_type: TimestampType
    key: bytes | None
    value: bytes | None
    """None is a tombstone; empty is not null."""
    headers: HeaderList = ()

    @property
    def position(self) -> str:
        """``topic/partition@offset``."""
        return position_text(self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be written; its bytes are written unchanged."""

    topic: str
    key: bytes | None = None
    value: bytes | None = None
    headers: HeaderList = ()
    partition: int | None = None
    """None lets the writer choose: murmur2 of the key, round robin for a null key."""
    timestamp_ms: int | None = None
    """None uses the time of sending."""
