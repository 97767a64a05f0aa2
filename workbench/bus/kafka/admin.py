"""Topics of a Kafka cluster: describe, create, add partitions, delete, and move log starts."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from aiokafka.protocol.admin import (
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
    DescribeConfigsRequest,
)

from workbench.bus.kafka.offsets import bounds
from workbench.bus.kafka.wire.codes import Code, CodeError, check, name_of
from workbench.bus.kafka.wire.configs import AlterTopicConfigRequest
from workbench.bus.refusals import cannot_delete_before, topic_exists
from workbench.model.records.record import TopicPartition
from workbench.model.topics import ConfigValue, PartitionInfo, TopicInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from workbench.bus.kafka.connection.metadata import Metadata, TopicMetadata
    from workbench.bus.kafka.connection.session import Session

_NO_DESCRIBE = "not authorised: this user has no right to describe the topic, if it exists"
_NO_READ = "not authorised: this user has no right to read its records"
_TOPIC, _BROKER = 2, 4
"""Resource types of DescribeConfigs."""
_DEFAULT_SOURCES = frozenset({2, 3, 4, 5})
"""Config sources of what is not set for the topic itself: settings of the brokers, dynamic and static, and defaults."""
_WAIT_MS = 10_000
_PAUSE_S = 0.05
_SHOWN_S = 5.0
"""Seconds after which a topic that exists and is not shown counts as one that is being deleted."""


async def describe(session: Session, topics: Collection[str] | None) -> list[TopicInfo]:
    """Describe topics with log bounds and settings; what could not be read is named in ``unavailable``."""
    if topics is not None and not topics:
        return []
    metadata = await session.metadata(topics, refused=True)
    known = [topic for topic in metadata.topics.values() if topic.error_code == Code.NONE]
    partitions = [TopicPartition(topic.name, number) for topic in known for number in topic.partitions]
    limits = await bounds(session, partitions) if partitions else {}
    settings = await _settings(session, metadata, [topic.name for topic in known]) if known else {}
    found = [_info(topic, limits, settings) for topic in known]
    found += [
        TopicInfo(topic.name, None, False, (), unavailable=(_NO_DESCRIBE,), readable=False)
        for topic in metadata.topics.values()
        if topic.error_code == Code.TOPIC_AUTHORIZATION_FAILED
    ]
    return sorted(found, key=lambda info: info.name)


async def create_topic(
    session: Session,
    name: str,
    partitions: int,
    replication_factor: int,
    config: Mapping[str, str],
) -> None:
    """Create a topic and wait until the cluster shows it with leaders."""
    row: tuple[Any, ...] = (name, partitions, replication_factor, [], list(config.items()))

    async def attempt() -> None:
        answer = await _to_controller(session, CreateTopicsRequest([row], _WAIT_MS, False))
        (_, code, detail), *_ = answer.topic_errors
        if code == Code.TOPIC_ALREADY_EXISTS:
            await _until_shown(session, name)
            raise topic_exists(name)
        check(code, name, detail)

    await session.retry(attempt)
    # The controller answers before the brokers have heard of the topic: writing now would fail with an unknown topic.
    await _until(session, name, partitions)


async def add_partitions(session: Session, name: str, total: int) -> None:
    """Raise the number of partitions and wait until they have leaders."""

    async def attempt() -> None:
        answer = await _to_controller(session, CreatePartitionsRequest([(name, (total, None))], _WAIT_MS, False))
        (_, code, detail), *_ = answer.topic_errors
        if code == Code.UNKNOWN_TOPIC_OR_PARTITION:
            raise await session.unknown(name)
        check(code, name, detail)

    await session.retry(attempt)
    await _until(session, name, total)


async def alter_config(session: Session, name: str, settings: Mapping[str, str | None]) -> None:
    """Change settings of a topic, those alone that are named.

    Raises:
        UnknownTopicError: The topic does not exist.
    """

    async def attempt() -> None:
        answer = await _to_controller(session, AlterTopicConfigRequest(name, settings))
        (code, detail, *_), *_rest = answer.responses
        if code == Code.UNKNOWN_TOPIC_OR_PARTITION:
            raise await session.unknown(name)
        check(code, name, detail)

    await session.retry(attempt)


async def delete_topic(session: Session, name: str) -> None:
    """Delete a topic and wait until the cluster no longer shows it."""

    async def attempt() -> None:
        answer = await _to_controller(session, DeleteTopicsRequest([name], _WAIT_MS))
        (_, code), *_ = answer.topic_error_codes
        if code == Code.UNKNOWN_TOPIC_OR_PARTITION:
            raise await session.unknown(name)
        check(code, name)

    await session.retry(attempt)
    await _until(session, name, 0)


async def delete_records(session: Session, before: Mapping[TopicPartition, int]) -> None:
    """Move log starts up.

    Raises:
        OffsetOutOfRangeError: An offset lies beyond the end of its partition.
        UnknownTopicError: A topic or partition does not exist.
    """

    async def attempt() -> None:
        for node, partitions in (await session.leaders(before)).items():
            topics: dict[str, list[tuple[int, int]]] = {}
            for partition in partitions:
                topics.setdefault(partition.topic, []).append((partition.partition, before[partition]))
            answer = await session.connections.send(node, DeleteRecordsRequest(list(topics.items()), _WAIT_MS))
            for topic, rows, *_ in answer.topics:
                for number, low, code, *_rest in rows:
                    await _check_deleted(session, TopicPartition(topic, number), code, low, before)

    await session.retry(attempt)


async def _check_deleted(
    session: Session,
    partition: TopicPartition,
    code: int,
    low: int,
    before: Mapping[TopicPartition, int],
) -> None:
    if code != Code.OFFSET_OUT_OF_RANGE:
        check(code, str(partition))
        return
    offset = before[partition]
    begin, end = (await bounds(session, [partition]))[partition]
    raise cannot_delete_before(partition, offset, low if begin is None else begin, -1 if end is None else end)


async def _to_controller(session: Session, request: Any) -> Any:
    metadata = await session.connections.metadata([])
    if metadata.controller is None:
        raise CodeError(Code.NOT_CONTROLLER, "the cluster")
    return await session.connections.send(metadata.controller, request)


async def _until(session: Session, name: str, partitions: int) -> None:
    """Wait until ``partitions`` partitions have leaders that serve them (0: until the topic is gone)."""
    while True:
        topic = (await session.connections.metadata([name])).topics.get(name)
        there = topic.partitions if topic is not None and topic.error_code == Code.NONE else {}
        gone = topic is None or topic.error_code == Code.UNKNOWN_TOPIC_OR_PARTITION
        if partitions == 0 and gone:
            return
        if partitions and sum(known.leader is not None for known in there.values()) >= partitions:
            await session.retry(partial(_serving, session, name, there))
            return
        await asyncio.sleep(_PAUSE_S)


async def _until_shown(session: Session, name: str) -> None:
    """Wait a little until a topic is shown that somebody else created a moment ago.

    The controller knows it before the brokers do. A caller that describes it next, to see its shape, would be told that
    it does not exist.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SHOWN_S):
            await _until(session, name, 1)


async def _serving(session: Session, name: str, partitions: Iterable[int]) -> None:
    """Raise a retriable error while a broker does not know yet that it leads a partition."""
    limits = await bounds(session, [TopicPartition(name, number) for number in partitions])
    for partition, (begin, end) in limits.items():
        if begin is None or end is None:
            raise CodeError(Code.LEADER_NOT_AVAILABLE, str(partition))


async def broker_settings(session: Session, names: Collection[str]) -> dict[int, dict[str, str]]:
    """Read settings of all brokers; those that may not be read are left out."""
    found: dict[int, dict[str, str]] = {}
    for node in sorted((await session.connections.metadata([])).brokers):
        # Only a broker itself knows its settings.
        request = DescribeConfigsRequest([(_BROKER, str(node), sorted(names))])
        answer = await session.connections.send(node, request)
        for code, _, _, _, rows in answer.resources:
            if code == Code.NONE:
                found[node] = {row[0]: row[1] for row in rows if row[1] is not None}
    return found


async def _settings(
    session: Session,
    metadata: Metadata,
    names: Collection[str],
) -> dict[str, Mapping[str, ConfigValue] | str]:
    """Read the settings of each topic, or the reason why they could not be read."""
    node = metadata.controller if metadata.controller is not None else next(iter(metadata.brokers))
    request = DescribeConfigsRequest([(_TOPIC, name, None) for name in names])
    answer = await session.connections.send(node, request)
    found: dict[str, Mapping[str, ConfigValue] | str] = {}
    for code, detail, _, name, rows in answer.resources:
        if code != Code.NONE:
            found[name] = f"config: {name_of(code)}" + (f" ({detail})" if detail else "")
            continue
        found[name] = {
            row[0]: ConfigValue(value=row[1], default=_is_default(row[3]), sensitive=bool(row[4])) for row in rows
        }
    return found


def _is_default(source: object) -> bool:
    """Whether a setting has its default: versions from 1 on name its source, version 0 has a flag."""
    return source if isinstance(source, bool) else source in _DEFAULT_SOURCES


def _info(
    topic: TopicMetadata,
    limits: Mapping[TopicPartition, tuple[int | None, int | None]],
    settings: Mapping[str, Mapping[str, ConfigValue] | str],
) -> TopicInfo:
    partitions = []
    unavailable = []
    for number, known in topic.partitions.items():
        begin, end = limits[TopicPartition(topic.name, number)]
        if begin is None or end is None:
            unavailable.append(f"offsets of partition {number}")
        partitions.append(PartitionInfo(number, known.leader, known.replicas, known.isr, begin, end))
    readable = topic.rights is None or "Read" in topic.rights
    if not readable:
        unavailable.append(_NO_READ)
    config = settings.get(topic.name, "config: no answer")
    if isinstance(config, str):
        unavailable.append(config)
        config = {}
    return TopicInfo(
        name=topic.name,
        topic_id=topic.topic_id,
        internal=topic.internal,
        partitions=tuple(partitions),
        config=config,
        unavailable=tuple(unavailable),
        readable=readable,
        rights=topic.rights,
    )
