"""Errors that every record log raises, in the same words whatever the backend."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from workbench.errors import (
    GroupActiveError,
    OffsetOutOfRangeError,
    PublishError,
    TopicExistsError,
    UnknownTopicError,
    WorkbenchError,
)
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.model.records.record import NewRecord, TopicPartition


def not_written(record: NewRecord | TopicPartition, code: str, why: str, *, retriable: bool = False) -> PublishError:
    """Make the error of the outcome of a record, or of one for this partition; ``code`` is Kafka's name of it."""
    where = partition_text(record.topic, record.partition)
    return PublishError(
        f"A record for {where} was not written: {why}.",
        topic=record.topic,
        partition=record.partition,
        cause_code=code,
        retriable=retriable,
    )


def no_such_topic(record: NewRecord | TopicPartition) -> PublishError:
    """Make the error of a record whose topic does not exist."""
    return not_written(record, "UNKNOWN_TOPIC_OR_PARTITION", f"topic {record.topic} does not exist")


def no_such_partition(record: NewRecord | TopicPartition, partition: int, count: int) -> PublishError:
    """Make the error of a record for a partition that its topic does not have."""
    why = f"{record.topic} has {counted(count, 'partition')}, numbered from 0, and so no partition {partition}"
    return not_written(record, "UNKNOWN_TOPIC_OR_PARTITION", why)


def unknown_topic(topic: str, existing: Iterable[str], where: str) -> UnknownTopicError:
    """Make the error of a topic that does not exist at an address; it suggests names that are close."""
    similar = difflib.get_close_matches(topic, list(existing), n=3)
    hint = f" Did you mean {', '.join(similar)}?" if similar else ""
    return UnknownTopicError(f"Topic {topic} does not exist on {where}.{hint}", topic=topic, similar=similar)


def unknown_partition(partition: TopicPartition, count: int) -> UnknownTopicError:
    """Make the error of a partition that its topic does not have."""
    text = f"{partition.topic} has no partition {partition.partition}: it has {count}, numbered from 0."
    return UnknownTopicError(text, topic=partition.topic)


def topic_exists(topic: str) -> TopicExistsError:
    """Make the error of creating a topic that exists."""
    return TopicExistsError(f"Topic {topic} exists already. Use it as it is, or choose another name.", topic=topic)


def group_active(group_id: str, members: Sequence[str]) -> GroupActiveError:
    """Make the error of changing the offsets of a group that has members."""
    return GroupActiveError(
        f"Offsets of group {group_id} were not changed: it has members. Stop them first, then try again.",
        group_id=group_id,
        members=members,
    )


def cannot_delete_before(partition: TopicPartition, offset: int, low: int, high: int) -> OffsetOutOfRangeError:
    """Make the error of a log start that would lie beyond the end of its partition."""
    return OffsetOutOfRangeError(
        f"Records of {partition} cannot be deleted before {offset}: the log holds {low} to {high}.",
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        low=low,
        high=high,
    )


def cannot_follow(partition: TopicPartition, offset: int, low: int, high: int) -> OffsetOutOfRangeError:
    """Make the error of a span without a stop that starts above the end: it would never deliver anything."""
    return OffsetOutOfRangeError(
        f"{partition} cannot be followed from {offset}: the log holds {low} to {high}. "
        "It was truncated or created anew; start again from its end.",
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        low=low,
        high=high,
    )


def deleted_while_read(topic: str) -> UnknownTopicError:
    """Make the error of a topic that was deleted under a reader."""
    return UnknownTopicError(f"Topic {topic} was deleted while it was read.", topic=topic)


def recreated_while_read(topic: str) -> UnknownTopicError:
    """Make the error of a topic that was deleted and created anew: the same offsets mean other records."""
    return UnknownTopicError(
        f"Topic {topic} was recreated (deleted and created anew) while it was read: its offsets mean other records "
        "now. Read the new topic from its start, into another file.",
        topic=topic,
    )


def no_open_transaction(transactional_id: str, state: str) -> WorkbenchError:
    """Make the error of a commit that has no open transaction."""
    advice = "Begin one first." if state == "none" else "Abort it."
    return WorkbenchError(f"No transaction of {transactional_id} can be committed: it is {state}. {advice}")


def outside_transaction(transactional_id: str, state: str) -> WorkbenchError:
    """Make the error of sending with a transactional writer while no transaction is open."""
    advice = "begin one first" if state == "none" else "abort it first"
    return WorkbenchError(f"Nothing was sent: the transaction of {transactional_id} is {state}; {advice}.")
