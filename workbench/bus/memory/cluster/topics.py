"""Topics and their settings, with Kafka's names and defaults; the limits for records are enforced."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from workbench.bus.memory.storage.partition import PartitionLog
from workbench.errors import ConfigurationError
from workbench.model.records.record import TopicPartition
from workbench.text import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.memory.storage.batches import Row

_NEVER = 9_223_372_036_854_775_807
_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")

DEFAULTS: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "delete.retention.ms": "86400000",
    "max.compaction.lag.ms": str(_NEVER),
    "max.message.bytes": "1048588",
    "message.timestamp.after.max.ms": "3600000",
    "message.timestamp.before.max.ms": str(_NEVER),
    "message.timestamp.type": "CreateTime",
    "min.compaction.lag.ms": "0",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.bytes": "1073741824",
    "segment.ms": "604800000",
}
"""Settings a topic has unless told otherwise (Apache Kafka 4)."""

_CHOICES: Mapping[str, frozenset[str]] = {
    "cleanup.policy": frozenset({"delete", "compact", "compact,delete", "delete,compact"}),
    "compression.type": frozenset({"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"}),
    "message.timestamp.type": frozenset({"CreateTime", "LogAppendTime"}),
}


class Refusal(NamedTuple):
    """The reason why a record is not accepted, with the name of Kafka's error."""

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that decide whether a record is accepted."""

    max_message_bytes: int
    append_time: bool
    before_max_ms: int
    after_max_ms: int
    keyed: bool
    """Every record needs a key, because the topic is compacted."""

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Limits:
        """Read them from settings that were checked."""
        value = {**DEFAULTS, **settings}
        return cls(
            max_message_bytes=int(value["max.message.bytes"]),
            append_time=value["message.timestamp.type"] == "LogAppendTime",
            before_max_ms=int(value["message.timestamp.before.max.ms"]),
            after_max_ms=int(value["message.timestamp.after.max.ms"]),
            keyed="compact" in value["cleanup.policy"],
        )

    def refusal(self, row: Row, now_ms: int) -> Refusal | None:
        """Say why a record is refused; None when it is accepted."""
        if row.size > self.max_message_bytes:
            return Refusal(
                "MESSAGE_TOO_LARGE", f"{size_text(row.size)} are more than max.message.bytes={self.max_message_bytes}"
            )
        if self.keyed and row.key is None:
            return Refusal("INVALID_RECORD", "a compacted topic accepts no record without a key")
        return None if self.append_time else self._time_refusal(row.timestamp_ms, now_ms)

    def _time_refusal(self, timestamp_ms: int, now_ms: int) -> Refusal | None:
        if timestamp_ms == -1:
            return None
        if timestamp_ms < 0:
            return Refusal("INVALID_TIMESTAMP", f"timestamp {timestamp_ms} is negative")
        if timestamp_ms - now_ms > self.after_max_ms:
            text = f"timestamp {timestamp_ms} is further ahead than message.timestamp.after.max.ms={self.after_max_ms}"
            return Refusal("INVALID_TIMESTAMP", text)
        if now_ms - timestamp_ms > self.before_max_ms:
            text = f"timestamp {timestamp_ms} is older than message.timestamp.before.max.ms={self.before_max_ms}"
            return Refusal("INVALID_TIMESTAMP", text)
        return None


class Topic:
    """A topic: its own id, its settings, its partitions."""

    def __init__(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        self.name = name
        self.topic_id = str(uuid.uuid4())
        self.settings = dict(settings)
        self.limits = Limits.of(settings)
        self.partitions: list[PartitionLog] = []
        self.grow(partitions)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Give it other settings, which were checked."""
        self.settings = dict(settings)
        self.limits = Limits.of(settings)

    def grow(self, total: int) -> None:
        """Add partitions up to a total."""
        self.partitions += [
            PartitionLog(TopicPartition(self.name, number)) for number in range(len(self.partitions), total)
        ]


def check_topic(name: str, partitions: int, replication_factor: int, settings: Mapping[str, str]) -> None:
    """Refuse what Kafka would refuse.

    Raises:
        ConfigurationError: Names the argument and what it may be.
    """
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise ConfigurationError(
            f"{name!r} is no topic name: use 1 to 249 of the letters a-z A-Z 0-9 . _ - (and not . or .. alone).",
        )
    if partitions < 1:
        raise ConfigurationError(f"Topic {name} cannot have {counted(partitions, 'partition')}: at least 1 is needed.")
    if replication_factor != 1:
        raise ConfigurationError(
            f"Topic {name} cannot have {replication_factor} replicas: the cluster has one broker, so 1 is possible.",
        )
    for key, value in settings.items():
        _check_setting(name, key, value)


def _check_setting(topic: str, key: str, value: str) -> None:
    if key not in DEFAULTS:
        raise ConfigurationError(f"Topic {topic}: unknown setting {key}; known are {', '.join(DEFAULTS)}.")
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise ConfigurationError(f"Topic {topic}: {key}={value!r} is none of {', '.join(sorted(_CHOICES[key]))}.")
        return
    least = -1 if key.startswith("retention.") else 0
    if not re.fullmatch(r"-?\d+", value) or not least <= int(value) <= _NEVER:
        raise ConfigurationError(f"Topic {topic}: {key}={value!r} is no whole number of at least {least}.")
