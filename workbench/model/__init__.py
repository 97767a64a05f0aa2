"""Defines the immutable values that several packages share; importing it loads no large dependency."""

from workbench.model.records.chunk import Chunk, Gap, Isolation, Span
from workbench.model.records.record import HeaderList, NewRecord, Record, TimestampType, TopicPartition
from workbench.model.topics import (
    CommittedOffset,
    ConfigValue,
    GroupInfo,
    GroupMemberInfo,
    GroupState,
    Outcome,
    PartitionInfo,
    TopicInfo,
)

__all__ = [
    "Chunk",
    "CommittedOffset",
    "ConfigValue",
    "Gap",
    "GroupInfo",
    "GroupMemberInfo",
    "GroupState",
    "HeaderList",
    "Isolation",
    "NewRecord",
    "Outcome",
    "PartitionInfo",
    "Record",
    "Span",
    "TimestampType",
    "TopicInfo",
    "TopicPartition",
]
