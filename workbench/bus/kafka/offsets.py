"""Offset look-ups on the partition leaders: log start, end by isolation, first at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiokafka.protocol.offset import OffsetRequest

from workbench.bus.kafka.wire.codes import Code, CodeError, check
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.bus.kafka.connection.session import Session
    from workbench.model.records.chunk import Isolation

EARLIEST, LATEST = -2, -1
"""Timestamps with a meaning of their own in ListOffsets. LATEST is the last stable offset with read_committed."""


async def list_offsets(
    session: Session,
    partitions: Collection[TopicPartition],
    timestamp: int,
    isolation: Isolation = "read_uncommitted",
) -> dict[TopicPartition, int]:
    """Look up ``EARLIEST``, ``LATEST``, or the first offset at or after a time; -1 where no record is that late.

    Raises:
        UnknownTopicError: A topic or partition does not exist.
    """
    level = 1 if isolation == "read_committed" else 0

    async def attempt() -> dict[TopicPartition, int]:
        by_leader = await session.leaders(partitions)
        answers = await asyncio.gather(
            *(_ask(session, node, members, timestamp, level) for node, members in by_leader.items()),
        )
        return {partition: offset for answer in answers for partition, offset in answer.items()}

    return await session.retry(attempt) if partitions else {}


async def bounds(
    session: Session,
    partitions: Collection[TopicPartition],
) -> dict[TopicPartition, tuple[int | None, int | None]]:
    """Read log start and high watermark of each partition, without retries; None where a leader does not answer."""
    metadata = await session.metadata({partition.topic for partition in partitions})
    by_leader: dict[int, list[TopicPartition]] = {}
    for partition in partitions:
        topic = metadata.topics.get(partition.topic)
        known = topic.partitions.get(partition.partition) if topic is not None else None
        if known is not None and known.leader is not None:
            by_leader.setdefault(known.leader, []).append(partition)
    # Log starts first: they only move up, so an end that is read later never lies before them.
    begins = await _lenient(session, by_leader, EARLIEST)
    ends = await _lenient(session, by_leader, LATEST)
    return {partition: (begins.get(partition), ends.get(partition)) for partition in partitions}


async def _ask(
    session: Session,
    node: int,
    partitions: Collection[TopicPartition],
    timestamp: int,
    level: int,
) -> dict[TopicPartition, int]:
    found = await _request(session, node, partitions, timestamp, level)
    for partition, (code, _) in found.items():
        check(code, str(partition))
    return {partition: offset for partition, (_, offset) in found.items()}


async def _lenient(
    session: Session,
    by_leader: Mapping[int, Collection[TopicPartition]],
    timestamp: int,
) -> dict[TopicPartition, int]:
    answers = await asyncio.gather(
        *(_request(session, node, members, timestamp, 0) for node, members in by_leader.items()),
        return_exceptions=True,
    )
    found: dict[TopicPartition, int] = {}
    for answer in answers:
        if isinstance(answer, BaseException):
            if not isinstance(answer, Exception):
                raise answer
            continue
        found |= {partition: offset for partition, (code, offset) in answer.items() if code == Code.NONE}
    return found


async def _request(
    session: Session,
    node: int,
    partitions: Collection[TopicPartition],
    timestamp: int,
    level: int,
) -> dict[TopicPartition, tuple[int, int]]:
    topics: dict[str, list[tuple[int, int]]] = {}
    for partition in partitions:
        topics.setdefault(partition.topic, []).append((partition.partition, timestamp))
    # -1 is the replica id of a client; a replica would be told the log end, beyond the high watermark.
    answer = await session.connections.send(node, OffsetRequest(-1, level, list(topics.items())))
    found = {TopicPartition(topic, row[0]): (row[1], row[3]) for topic, rows in answer.topics for row in rows}
    # Every partition that was asked for must be answered: a missing one would pass for one without an offset.
    missing = set(partitions) - found.keys()
    if missing:
        raise CodeError(Code.UNKNOWN_TOPIC_OR_PARTITION, str(min(missing)))
    return found
