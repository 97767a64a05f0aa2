"""Reads how much disk partitions take on each broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.bus.kafka.wire.codes import Code
from workbench.bus.kafka.wire.log_dirs import DescribeLogDirsRequest, DescribeLogDirsRequest_v2
from workbench.model.records.record import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.kafka.connection.session import Session


async def log_sizes(session: Session, partitions: Iterable[TopicPartition]) -> dict[int, dict[TopicPartition, int]]:
    """Return the bytes of partitions by broker; brokers that refuse to tell, or cannot, are left out."""
    request = DescribeLogDirsRequest_v2
    if not await session.connections.supports(request.API_KEY, request.API_VERSION):
        return {}
    by_topic: dict[str, list[int]] = {}
    for place in partitions:
        by_topic.setdefault(place.topic, []).append(place.partition)
    found: dict[int, dict[TopicPartition, int]] = {}
    for node in sorted((await session.connections.metadata([])).brokers) if by_topic else []:
        answer = await session.connections.send(node, DescribeLogDirsRequest(by_topic))
        # Without the right to describe the cluster the answer is empty.
        directories = [result for result in answer.results if result[0] == Code.NONE]
        if directories:
            found[node] = _sizes(directories)
    return found


def _sizes(directories: Iterable[Any]) -> dict[TopicPartition, int]:
    """Add up the sizes of each partition; one that moves between directories is in both."""
    sizes: dict[TopicPartition, int] = {}
    for topic, rows, *_ in (one for directory in directories for one in directory[2]):
        for row in rows:
            place = TopicPartition(topic, row[0])
            sizes[place] = sizes.get(place, 0) + row[1]
    return sizes
