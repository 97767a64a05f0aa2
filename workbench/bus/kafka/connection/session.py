"""State that all parts of a Kafka log share: connections, deadlines, retries, leaders and coordinators."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from aiokafka import errors as kafka_errors
from aiokafka.protocol.coordination import FindCoordinatorRequest

from workbench.bus.kafka.connection.listener import UnusableListenerError
from workbench.bus.kafka.connection.translate import NOT_ANSWERED, is_authentication, translated
from workbench.bus.kafka.wire.codes import STALE_COORDINATOR, Code, CodeError, check
from workbench.bus.oversized import DEFAULT_LARGEST
from workbench.bus.refusals import unknown_partition, unknown_topic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
    from contextlib import AbstractContextManager

    from workbench.bus.kafka.connection.connections import Connections
    from workbench.bus.kafka.connection.metadata import Metadata
    from workbench.errors import UnknownTopicError
    from workbench.model.records.record import TopicPartition

T = TypeVar("T")

GROUP, TRANSACTION = 0, 1
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_GRACE_S = 2.0
"""Seconds by which a deadline is longer than `Session.retry`, whose last error says more than a time-out."""


class Session:
    """Sends requests for one open log: with deadlines, retries and translated errors."""

    def __init__(self, connections: Connections, timeout_s: float, *, largest_record: int = DEFAULT_LARGEST) -> None:
        self.connections = connections
        self.timeout_s = timeout_s
        self.largest_record = largest_record
        self._coordinators: dict[tuple[int, str], int] = {}

    def translated(self, doing: str) -> AbstractContextManager[None]:
        """Translate the errors that leave the block; ``doing`` begins their message."""
        return translated(doing, self.connections.addresses, self.connections.security.sasl_mechanism)

    @asynccontextmanager
    async def deadline(self, doing: str) -> AsyncIterator[None]:
        """Bound the block in time and translate its errors."""
        with self.translated(doing):
            async with asyncio.timeout(self.timeout_s + _GRACE_S):
                yield

    async def retry(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat an attempt after retriable errors with a growing pause; raise the last error after the deadline."""
        until = time.monotonic() + self.timeout_s
        pause = _FIRST_PAUSE_S
        while True:
            try:
                return await attempt()
            except (CodeError, *NOT_ANSWERED) as error:
                if not is_retriable(error) or time.monotonic() + pause > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def leaders(self, partitions: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        """Group partitions by leader.

        Raises:
            UnknownTopicError: A topic or partition does not exist.
        """
        wanted = list(partitions)
        metadata = await self.metadata({partition.topic for partition in wanted})
        found: dict[int, list[TopicPartition]] = {}
        for partition in wanted:
            topic = metadata.topics.get(partition.topic)
            known = topic.partitions.get(partition.partition) if topic is not None else None
            if topic is None or known is None:
                raise await self.unknown(partition.topic, partition)
            if known.leader is None:
                raise CodeError(Code.LEADER_NOT_AVAILABLE, str(partition))
            found.setdefault(known.leader, []).append(partition)
        return found

    async def metadata(self, topics: Collection[str] | None, *, refused: bool = False) -> Metadata:
        """Read metadata now; ``refused`` asks for the user's rights, and keeps topics without any."""
        names = None if topics is None else sorted(topics)
        metadata = await self.connections.metadata(names, rights=refused)
        # LEADER_NOT_AVAILABLE and the like are raised here, so that `retry` asks again until the topic is ready.
        for topic in metadata.topics.values():
            if refused and topic.error_code == Code.TOPIC_AUTHORIZATION_FAILED:
                continue
            if topic.error_code not in (Code.NONE, Code.UNKNOWN_TOPIC_OR_PARTITION, Code.INVALID_TOPIC):
                check(topic.error_code, topic.name)
        return metadata

    async def unknown(self, topic: str, partition: TopicPartition | None = None) -> UnknownTopicError:
        """Make the error for a missing topic or partition, with names that are close."""
        existing = (await self.metadata(None)).topics
        if topic in existing and partition is not None:
            return unknown_partition(partition, len(existing[topic].partitions))
        return unknown_topic(topic, existing, ", ".join(self.connections.addresses))

    async def coordinator(self, kind: int, key: str) -> int:
        """Find the broker that coordinates a group or a transactional id; the answer is kept until it proves stale."""
        node = self._coordinators.get((kind, key))
        if node is None:
            answer = await self.connections.send_any(FindCoordinatorRequest(key, kind))
            check(answer.error_code, key)
            node = int(answer.coordinator_id)
            # The coordinator may be a broker that joined the cluster after the last metadata.
            if node not in self.connections.nodes:
                await self.connections.metadata([])
            self._coordinators[kind, key] = node
        return node

    def remember_coordinator(self, kind: int, key: str, node: int) -> None:
        """Keep a coordinator that another answer named."""
        self._coordinators[kind, key] = node

    def check_coordinator(self, code: int, kind: int, key: str, subject: str | None = None) -> None:
        """Raise for an error code; forget the coordinator when the code says that it moved."""
        if code in STALE_COORDINATOR:
            self._coordinators.pop((kind, key), None)
        check(code, subject or key)

    def forget_coordinator(self, kind: int, key: str) -> None:
        """Forget a coordinator, so that the next request finds it again."""
        self._coordinators.pop((kind, key), None)


def is_retriable(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, CodeError):
        return error.retriable
    if isinstance(error, UnusableListenerError):
        # The log is open, so there was a broker: it may be on its way back.
        return error.finding.restarting
    if is_authentication(error) or isinstance(error, kafka_errors.IncompatibleBrokerVersion):
        return False
    return isinstance(error, OSError | TimeoutError) or bool(getattr(error, "retriable", False))
