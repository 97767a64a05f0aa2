"""Topics that a run creates before it sends, and the settings that they get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.replay.target.facts import TopicFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_MS = 86_400_000
KEPT_AFTER_MS = 7 * DAY_MS
"""Milliseconds that a created topic keeps the oldest record, counted from the time of planning."""

DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
"""Kafka's default of ``max.message.bytes``."""

DEFAULT_AFTER_MAX_MS = 3_600_000
"""Kafka's default of ``message.timestamp.after.max.ms`` since 4.0 (KIP-1030)."""

NO_LIMIT = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic that the run creates before it sends."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> TopicFacts:
        """Return the facts that the topic will have, the brokers' defaults included."""
        defaults = {
            "cleanup.policy": "delete",
            "max.message.bytes": str(DEFAULT_MAX_MESSAGE_BYTES),
            "message.timestamp.type": "CreateTime",
            "message.timestamp.before.max.ms": str(NO_LIMIT),
            "message.timestamp.after.max.ms": str(DEFAULT_AFTER_MAX_MS),
        }
        at = dict.fromkeys(range(self.partitions), 0)
        return TopicFacts(self.name, exists=False, begin=at, end=at, config={**defaults, **self.config})


@dataclass(frozen=True, slots=True)
class TopicRequirements:
    """The demands that the records of one target make on a topic that is created for them."""

    source_partitions: int
    """Largest partition count of the source topics, as far as known; else the highest partition seen, plus one."""
    oldest_kept_ms: int | None
    """Smallest timestamp that is kept; None when none is."""
    largest_batch: int
    """Bytes of the largest record in a batch of its own."""


def new_topic(name: str, required: TopicRequirements, now_ms: int) -> NewTopic:
    """Choose the settings of a topic to be created.

    It gets the partitions of the source, ``CreateTime``, and a retention that keeps the oldest record for seven days.
    """
    age = 0 if required.oldest_kept_ms is None else max(now_ms - required.oldest_kept_ms, 0)
    config = {
        "cleanup.policy": "delete",
        "message.timestamp.type": "CreateTime",
        "retention.ms": str(age + KEPT_AFTER_MS),
    }
    if required.largest_batch > DEFAULT_MAX_MESSAGE_BYTES:
        config["max.message.bytes"] = str(required.largest_batch)
    return NewTopic(name, max(required.source_partitions, 1), config)
