"""Makes topics and writes records on a cluster by its address, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.config import resolve
from workbench.errors import ConfigurationError, PublishError, ReplayRefused, UnknownTopicError
from workbench.session.connecting import open_cluster
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from workbench.model import NewRecord, Outcome
    from workbench.session.cluster import Cluster

_BATCH_RECORDS = 1_000
_ON_DEVELOPMENT = "development"
"""The reason on a development cluster, where none has to be given."""


async def create_topic(
    address: str | None,
    topic: str,
    *,
    partitions: int = 1,
    replicas: int = 1,
    config: Mapping[str, str] | None = None,
    reason: str | None = None,
) -> None:
    """Make a topic.

    Args:
        address: The cluster; see `connect`.
        topic: Its name.
        partitions: Number of partitions.
        replicas: Copies of each partition.
        config: Settings of the topic.
        reason: Why; may be left out for a development cluster.

    Raises:
        ConfigurationError: No reason is given and the cluster is no development cluster, or the name is not valid.
        TopicExistsError: It exists already.
    """
    async with await open_for_writing(address, reason) as cluster:
        await cluster.log.create_topic(topic, partitions=partitions, replication_factor=replicas, config=config)


async def produce(
    address: str | None,
    topic: str,
    source: AsyncIterator[Sequence[NewRecord]],
    *,
    reason: str | None = None,
    target: str | None = None,
) -> int:
    """Write records to a topic, and return how many were acknowledged.

    Args:
        address: The cluster; see `connect`.
        topic: The topic, which must exist.
        source: Gives the records, some at a time; each lot is acknowledged before the next one is asked for.
        reason: Why; may be left out for a development cluster.
        target: The name of the topic, typed; required if the cluster is protected.

    Raises:
        ConfigurationError: No reason is given and the cluster is no development cluster.
        ReplayRefused: The cluster is protected and ``target`` is not the topic; nothing was written.
        UnknownTopicError: The topic does not exist.
        PublishError: A record was not acknowledged; the message says how many were.
    """
    written = 0
    async with await open_for_writing(address, reason) as cluster:
        if cluster.profile.protected and target != topic:
            raise ReplayRefused(f"{cluster.name} is protected: type the topic's name to write to it, {topic!r}.")
        if not await cluster.log.describe([topic]):
            raise UnknownTopicError(
                f"The topic {topic!r} does not exist. Make it first: workbench topics create {topic}", topic=topic
            )
        async with cluster.log.writer() as writer:
            async for records in source:
                for at in range(0, len(records), _BATCH_RECORDS):
                    outcomes = await writer.send(records[at : at + _BATCH_RECORDS])
                    written = _acknowledged(outcomes, written, topic)
    return written


async def open_for_writing(address: str | None, reason: str | None) -> Cluster:
    """Connect to a cluster for writing.

    Raises:
        ConfigurationError: No reason is given and the cluster is no development cluster.
    """
    profile = resolve(address)
    if not (reason and reason.strip()):
        if not profile.development:
            raise ConfigurationError(
                f"{profile.label} is no development cluster: writing to it needs a reason, --reason INC-42."
            )
        reason = _ON_DEVELOPMENT
    return await open_cluster(profile, write=True, reason=reason)


def _acknowledged(outcomes: Sequence[Outcome], before: int, topic: str) -> int:
    failed = [outcome for outcome in outcomes if outcome.status != "acked"]
    written = before + len(outcomes) - len(failed)
    if failed:
        raise PublishError(
            f"{counted(len(failed), 'record')} for {topic} were not acknowledged "
            f"({failed[0].status}: {failed[0].error}); written: {counted(written, 'record')}.",
            topic=topic,
        )
    return written
