"""Topics of the embedded cluster: describe, create, add partitions, delete, and move log starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.memory.cluster.topics import DEFAULTS, Topic, check_topic
from workbench.bus.refusals import cannot_delete_before, topic_exists
from workbench.errors import ConfigurationError
from workbench.model.topics import ConfigValue, PartitionInfo, TopicInfo
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.model.records.record import TopicPartition


def describe(cluster: Cluster, topics: Collection[str] | None) -> list[TopicInfo]:
    """Describe the named topics, or all; names that do not exist are left out."""
    names = cluster.topics if topics is None else set(topics) & cluster.topics.keys()
    return [_info(cluster.topics[name]) for name in sorted(names)]


def create_topic(
    cluster: Cluster,
    name: str,
    partitions: int,
    replication_factor: int,
    config: Mapping[str, str],
) -> None:
    """Create a topic.

    Raises:
        TopicExistsError: It exists.
        ConfigurationError: The name, a number or a setting is refused.
    """
    check_topic(name, partitions, replication_factor, config)
    if name in cluster.topics:
        raise topic_exists(name)
    # Kafka builds metric names from topic names and turns '.' into '_' there, so it refuses the second of such a pair.
    alike = name.replace(".", "_")
    for other in cluster.topics:
        if other.replace(".", "_") == alike:
            raise ConfigurationError(f"Topic {name} collides with {other}: '.' and '_' count as the same in names.")
    cluster.topics[name] = Topic(name, partitions, config)
    cluster.topics_changed()


def add_partitions(cluster: Cluster, name: str, total: int) -> None:
    """Raise the number of partitions.

    Raises:
        UnknownTopicError: The topic does not exist.
        ConfigurationError: It has as many already.
    """
    topic = cluster.topic(name)
    if total <= len(topic.partitions):
        raise ConfigurationError(
            f"Topic {name} has {counted(len(topic.partitions), 'partition')}; only more is possible, not {total}.",
        )
    topic.grow(total)
    cluster.topics_changed()


def alter_config(cluster: Cluster, name: str, settings: Mapping[str, str | None]) -> None:
    """Change settings of a topic; None takes one back to its default.

    Raises:
        UnknownTopicError: The topic does not exist.
        ConfigurationError: A setting is refused.
    """
    topic = cluster.topic(name)
    changed = {**topic.settings, **{key: value for key, value in settings.items() if value is not None}}
    for key in [key for key, value in settings.items() if value is None]:
        changed.pop(key, None)
    check_topic(name, len(topic.partitions), 1, changed)
    topic.configure(changed)
    cluster.topics_changed()


def delete_topic(cluster: Cluster, name: str) -> None:
    """Delete a topic and what groups committed for it.

    Raises:
        UnknownTopicError: It does not exist.
    """
    topic = cluster.topic(name)
    del cluster.topics[name]
    # Readers hold the partition itself: the flag tells them, and a new topic of this name has partitions of its own.
    for partition in topic.partitions:
        partition.deleted = True
    for group in cluster.groups.values():
        for stored in [p for p in group.offsets if p.topic == name]:
            del group.offsets[stored]
    cluster.topics_changed()


def delete_records(cluster: Cluster, before: Mapping[TopicPartition, int]) -> None:
    """Move log starts up; -1 stands for the end.

    Raises:
        OffsetOutOfRangeError: An offset lies beyond the end of its partition.
        UnknownTopicError: A topic or partition does not exist.
    """
    logs = {name: cluster.partition(name) for name in before}
    for name, log in logs.items():
        if before[name] > log.end:
            raise cannot_delete_before(name, before[name], log.low, log.end)
    for name, log in logs.items():
        log.delete_before(log.end if before[name] == -1 else before[name])
    cluster.changed.notify_all()


def _info(topic: Topic) -> TopicInfo:
    config = {key: ConfigValue(value, default=key not in topic.settings) for key, value in DEFAULTS.items()}
    config |= {key: ConfigValue(value, default=False) for key, value in topic.settings.items()}
    return TopicInfo(
        name=topic.name,
        topic_id=topic.topic_id,
        internal=False,
        partitions=tuple(
            PartitionInfo(partition=number, leader=0, replicas=(0,), isr=(0,), begin=log.low, end=log.end)
            for number, log in enumerate(topic.partitions)
        ),
        config=config,
    )
