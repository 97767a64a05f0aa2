"""Target topics: their default names, what the run creates, and the shape that the guards compare with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.replay.target.facts import APPEND_TIME, TopicFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.replay.target.facts import TargetFacts

NAME_LIMIT = 249
DAY_MS = 86_400_000
KEPT_AFTER_MS = 7 * DAY_MS
"""How long a created topic keeps the oldest record."""

DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
"""Kafka's default of ``max.message.bytes``."""

DEFAULT_AFTER_MAX_MS = 3_600_000
"""Kafka's default of ``message.timestamp.after.max.ms`` since 4.0 (KIP-1030)."""

NO_LIMIT = (1 << 63) - 1

_SANDBOX = re.compile(r"\.replay\.[0-9a-f]{8}\Z")
_DEAD_LETTER = re.compile(r"(?i)(?:^|[._-])(?:dlq|dlt)(?:[._-]|\Z)|dead[._-]?letter")
_LEGAL = re.compile(r"[A-Za-z0-9._-]{1,249}\Z")


def default_name(topic: str, run_id: str) -> str:
    """``{topic}.replay.{first 8 of run_id}``.

    Raises:
        ConfigurationError: The name would be longer than Kafka allows.
    """
    name = f"{topic}.replay.{run_id[:8]}"
    if len(name) > NAME_LIMIT:
        raise ConfigurationError(
            f"The default target of {topic} would have {len(name)} characters, {NAME_LIMIT} is the most. "
            "Name a target with to=.",
        )
    return name


def resolve(to: str | Mapping[str, str] | None, topics: Collection[str], run_id: str) -> dict[str, str]:
    """Map each source topic to its target.

    Args:
        to: One target for all, a target for each source topic, or None for the default names.
        topics: Source topics.
        run_id: Run that default names carry.

    Raises:
        ConfigurationError: A source topic without a target, or a name that no topic can have.
    """
    if to is None:
        return {topic: default_name(topic, run_id) for topic in topics}
    if isinstance(to, str):
        targets = dict.fromkeys(topics, to)
    else:
        absent = sorted(set(topics) - set(to))
        if absent:
            raise ConfigurationError(f"to= names no target for {', '.join(absent)}; add it or select without it.")
        targets = {topic: to[topic] for topic in topics}
    for name in set(targets.values()):
        if not _LEGAL.match(name) or name in (".", ".."):
            raise ConfigurationError(f"{name!r} is no topic name: letters, digits, dot, underscore and hyphen only.")
    return targets


def is_dead_letter(topic: str) -> bool:
    """Whether a topic's name says that it holds dead letters. A replay's own target never does."""
    return not _SANDBOX.search(topic) and bool(_DEAD_LETTER.search(topic))


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic that the run creates before it sends."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)

    def shape(self) -> TopicFacts:
        """The facts it will have, brokers' defaults included."""
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
class Need:
    """What the records of one target ask of a topic that is created for them."""

    source_partitions: int
    """Largest partition count of the sources, as far as known; else highest partition seen and one."""
    oldest_kept_ms: int | None
    """Smallest timestamp that is kept; None when none is."""
    largest_batch: int
    """Bytes of the largest record in a batch of its own."""


def creation(name: str, need: Need, now_ms: int) -> NewTopic:
    """Say how a target is created: partitions of the source, create time, retention for the oldest kept record."""
    age = 0 if need.oldest_kept_ms is None else max(now_ms - need.oldest_kept_ms, 0)
    config = {
        "cleanup.policy": "delete",
        "message.timestamp.type": "CreateTime",
        "retention.ms": str(age + KEPT_AFTER_MS),
    }
    if need.largest_batch > DEFAULT_MAX_MESSAGE_BYTES:
        config["max.message.bytes"] = str(need.largest_batch)
    return NewTopic(name, max(need.source_partitions, 1), config)


def appends_time(shape: TopicFacts) -> bool:
    """Whether the broker overwrites timestamps of this topic."""
    return shape.timestamp_type == APPEND_TIME


def shapes(facts: TargetFacts, creates: Collection[NewTopic]) -> dict[str, TopicFacts]:
    """Shape of each target, existing or about to be created; a missing one has no partitions."""
    made = {topic.name: topic.shape() for topic in creates}
    return {name: made.get(name) or facts.topics[name] for name in facts.target_topics}
