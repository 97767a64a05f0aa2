"""The event bus of the contract over any record log."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable  # noqa: TC003 - type hints are read at run time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional  # noqa: UP035 - the spellings are the contract's

from workbench.bus.contract import batches, partitions
from workbench.bus.contract.failures import FailurePolicy
from workbench.bus.contract.names import DEAD_LETTER_QUEUE, Namespace
from workbench.bus.contract.outbox import Outbox
from workbench.bus.contract.publishing import Publisher, PublishOutcome, checked
from workbench.bus.contract.subscribing import Subscriber
from workbench.bus.contract.topic_info import describe_topic
from workbench.bus.contract.transactions import TransactionDesk
from workbench.bus.contract.validation import EventRules
from workbench.errors import PublishError
from workbench.model.event import EventMessage  # noqa: TC001 - type hints are read at run time
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from typing import Self

    from workbench.bus.contract.delivery import PermissionHook
    from workbench.bus.contract.partitions import OffsetReset
    from workbench.bus.contract.subscription import Subscription
    from workbench.bus.protocols import RecordLog
    from workbench.model import CommittedOffset, GroupInfo, TopicPartition
    from workbench.model.event import ConsumedEvent, UndecodableRecord


class EventBus:
    """Publishes, delivers and describes events of one prefix and environment.

    Starts at first use, or by ``async with``; `aclose` is idempotent. Satisfies `ProtocolEventBus` and
    `ProtocolKafkaAdapter`.

    Args:
        log: The record log to work on, not yet open; the bus opens and closes it.
        environment: The environment that events are published to and, unless others are named, read from.
        topic_prefix: First segment of physical names.
        environments: Other environments to read as well; such a bus does not publish to them.
        create_missing: Create a topic at its first use; only for development clusters.
        raw_names: Allow publishing to physical topics by ``raw:NAME``.
        read_only: Refuse to publish and to change anything.
    """

    def __init__(  # noqa: PLR0913 - one keyword for each promise of the configuration
        self,
        log: RecordLog,
        *,
        environment: str = "dev",
        topic_prefix: str = "onex",
        environments: Sequence[str] = (),
        extra_event_types: frozenset[str] = frozenset(),
        require_security_context: bool = False,
        permission: PermissionHook | None = None,
        create_missing: bool = False,
        raw_names: bool = False,
        read_only: bool = False,
        transmit_tokens: bool = False,
        batch_size: int = 100,
        max_poll_records: int = 500,
        session_timeout_ms: int = 30_000,
        publish_timeout_ms: int = 30_000,
        drain_timeout_s: float = 30.0,
        failure_policy: FailurePolicy | None = None,
    ) -> None:
        self._log = log
        self._space = Namespace(topic_prefix, environment)
        self._tasks = Supervisor()
        self._state = "new"
        self._starting = asyncio.Lock()
        self._create_missing = create_missing
        self._read_only = read_only
        self._known_topics: set[str] = set()
        self.batch_size = batch_size
        outbox = self._outbox = Outbox(log.writer, self._tasks)
        self._desk = TransactionDesk(lambda tid: log.writer(transactional_id=self._space.physical(tid)))
        self._publisher = Publisher(
            self._space,
            EventRules(environment, extra_event_types, require_security_context),
            outbox,
            timeout_s=publish_timeout_ms / 1000,
            transmit_tokens=transmit_tokens,
            raw_names=raw_names,
        )
        self._subscriber = Subscriber(
            log,
            self._space,
            self._tasks,
            self._publish_dead_letter,
            environments=tuple(environments),
            create_missing=create_missing,
            require_security_context=require_security_context,
            permission=permission,
            policy=failure_policy or FailurePolicy(),
            max_poll_records=max_poll_records,
            session_timeout_ms=session_timeout_ms,
            drain_timeout_s=drain_timeout_s,
        )

    @property
    def environment(self) -> str:
        """The environment that events are published to."""
        return self._space.environment

    @property
    def topic_prefix(self) -> str:
        """First segment of physical names."""
        return self._space.prefix

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Subscriptions at work, with their counts and troubles."""
        return tuple(self._subscriber.open.values())

    def physical_name(self, logical: str) -> str:
        """Physical topic name of a logical one."""
        return self._space.physical(logical)

    async def start(self) -> None:
        """Open the record log; harmless when repeated, and done by the first use of anything else.

        Raises:
            PublishError: The bus was closed.
        """
        async with self._starting:
            if self._state == "closed":
                raise PublishError("The event bus is closed; make a new one.")
            if self._state == "new":
                await self._log.__aenter__()
                self._state = "open"

    async def aclose(self) -> None:
        """End subscriptions, finish what is under way, close the log. Idempotent."""
        async with self._starting:
            opened, self._state = self._state == "open", "closed"
        if opened:
            await self._subscriber.aclose()
            await self._outbox.aclose()
            await self._desk.aclose()
            await self._tasks.aclose()
            await self._log.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if getattr(self, "_state", "new") == "open":
            message = f"{self!r} was never closed; use 'async with' or await aclose()."
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._log.address} {self.topic_prefix}.{self.environment} {self._state}>"

    async def publish_event(self, event_message: EventMessage, target_topic: Optional[str] = None) -> bool:  # noqa: UP045
        """Publish one event; True when the broker acknowledged it, False when its time to live was over.

        A cancelled call may or may not have written the event.

        Raises:
            ValidationError: The event or topic name breaks the contract; ``errors`` lists every fault.
            PublishError: The broker did not acknowledge it.
        """
        return (await self.publish_outcome(event_message, target_topic)).acknowledged

    async def publish_outcome(self, event: EventMessage, target_topic: str | None = None) -> PublishOutcome:
        """Publish one event and say what became of it; raises as `publish_event` does."""
        await self._ready_to_write(event, target_topic)
        return await self._publisher.publish(event, target_topic, None)

    async def batch_publish_events(self, events: Sequence[EventMessage], batch_size: int | None = None) -> list[bool]:
        """Publish events in batches of ``batch_size``; one real bool per event."""
        return await batches.batch_publish_events(self, events, self.batch_size if batch_size is None else batch_size)

    async def publish_batch_outcomes(
        self,
        events: Sequence[EventMessage],
        batch_size: int | None = None,
    ) -> list[PublishOutcome]:
        """Publish events in batches; one outcome per event, with its error."""
        return await batches.publish_batch_outcomes(self, events, self.batch_size if batch_size is None else batch_size)

    async def subscribe_to_topic(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Optional[Callable[[EventMessage], bool]] = None,  # noqa: UP045
    ) -> Callable[[], Awaitable[None]]:
        """Deliver events to ``handler``, at least once, in offset order per partition, from the end of the topic on.

        Returns once partitions are assigned and their positions resolved, so that a later publish is delivered.
        An offset is committed after handler success, filter rejection, expiry, or an acknowledged dead letter.

        Returns:
            The function to await for the end of delivery; a second call is harmless.

        Raises:
            SubscriptionError: The subscription could not be set up; nothing of it remains.
        """
        return await self.subscribe(topic, group_id, handler, message_filter)

    async def subscribe(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Callable[[EventMessage], bool] | None = None,
        *,
        start: Literal["earliest", "latest"] = "latest",
        failure_policy: FailurePolicy | None = None,
    ) -> Callable[[], Awaitable[None]]:
        """Subscribe as `subscribe_to_topic` does, choosing where a new group starts and how failures are treated."""
        await self.start()
        subscription = await self._subscriber.subscribe(
            topic,
            group_id,
            handler,
            message_filter,
            start=start,
            policy=failure_policy,
        )

        async def unsubscribe() -> None:
            await self._subscriber.end(subscription)

        return unsubscribe

    async def get_topic_info(self, topic: str) -> Dict[str, Any]:  # noqa: UP006
        """Describe a topic: partitions, groups with lag, configuration, retention; ``exists`` is False without one."""
        await self.start()
        return dict(await describe_topic(self._log, topic, self._space.physical(topic)))

    async def list_topics(self) -> list[str]:
        """Logical names of the topics of this prefix and environment."""
        await self.start()
        start = self._space.physical("x")[:-1]
        return [info.name[len(start) :] for info in await self._log.describe() if info.name.startswith(start)]

    async def groups(self) -> list[GroupInfo]:
        """All consumer groups of the cluster, described."""
        await self.start()
        return await self._log.describe_groups(await self._log.groups())

    async def create_topic(
        self,
        topic_name: str,
        partition_count: int = 3,
        replication_factor: int = 1,
        config: Optional[Dict[str, str]] = None,  # noqa: UP006, UP045
    ) -> bool:
        """Create a topic; True also when it exists in just this shape, else `TopicExistsError` names the difference."""
        await self.start()
        self._refuse_read_only()
        physical = self._publisher.physical(topic_name)
        return await partitions.create_topic(self._log, physical, partition_count, replication_factor, config)

    async def publish_to_partition(
        self,
        topic: str,
        partition: int,
        event_message: EventMessage,
        transaction_id: Optional[str] = None,  # noqa: UP045
    ) -> bool:
        """Publish one event to one partition; with an id in a transaction of its own, or in the open one of that id.

        Raises:
            ValidationError: The event or topic name breaks the contract.
            PublishError: The partition does not exist, the id was fenced, or no acknowledgement came.
        """
        await self._ready_to_write(event_message, topic)
        if transaction_id is None:
            return (await self._publisher.publish(event_message, topic, partition)).acknowledged
        event = self._publisher.stamped(event_message)
        self._publisher.rules.check(event)
        record = self._publisher.encode(event, topic, partition)
        return checked(event.event_id, record, await self._desk.send(record, transaction_id)).acknowledged

    def transaction(self, transaction_id: str) -> AbstractAsyncContextManager[None]:
        """Join all ``publish_to_partition`` calls with this id under ``async with`` into one transaction."""
        self._refuse_read_only()
        return self._desk.transaction(transaction_id)

    async def consume_from_partition(
        self,
        topic: str,
        partition: int,
        offset: int,
        max_messages: int = 100,
    ) -> List[EventMessage]:  # noqa: UP006
        """Read events from an offset on, inclusive, up to the end at the call; no group is involved.

        Returns:
            At most ``max_messages`` entries; undecodable ones count and stand in the list's ``undecodable``.

        Raises:
            OffsetOutOfRangeError: The offset lies below the log start or above the end.
        """
        return partitions.ConsumedEvents(await self.read_records(topic, partition, offset, max_messages))

    async def read_records(
        self,
        topic: str,
        partition: int,
        offset: int,
        max_records: int = 100,
    ) -> list[ConsumedEvent | UndecodableRecord]:
        """Read as `consume_from_partition` does, undecodable records in their place."""
        await self.start()
        physical = self._space.physical(topic)
        return await partitions.read_records(self._log, physical, partition, offset, max_records)

    async def add_partitions(self, topic: str, total: int) -> None:
        """Raise the number of partitions; keys may move."""
        await self.start()
        self._refuse_read_only()
        await self._log.add_partitions(self._publisher.physical(topic), total)

    async def partition_info(self, topic: str) -> list[dict[str, Any]]:
        """Leader, replicas and bounds of each partition."""
        return list((await self.get_topic_info(topic))["partitions"])

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        """What a group of this namespace committed."""
        await self.start()
        return await self._log.committed(self._space.physical(group_id))

    async def lag(self, group_id: str | None = None) -> dict[str, dict[TopicPartition, int | None]]:
        """Lag in offsets of one group of this namespace, or of all its groups."""
        await self.start()
        start = self._space.physical("x")[:-1]
        wanted = (
            [self._space.physical(group_id)]
            if group_id
            else [g for g in await self._log.groups() if g.startswith(start)]
        )
        return {name[len(start) :]: await partitions.lag_of(self._log, name) for name in wanted}

    async def reset_offsets(
        self,
        group_id: str,
        offsets: Mapping[TopicPartition, int],
        *,
        dry_run: bool = True,
    ) -> OffsetReset:
        """Set the offsets of an empty group of this namespace; a dry run unless told otherwise.

        Raises:
            GroupActiveError: The group has members; nothing was changed.
        """
        await self.start()
        plan = await partitions.plan_reset(self._log, self._space.physical(group_id), offsets)
        if dry_run:
            return plan
        self._refuse_read_only()
        return await partitions.run_reset(self._log, plan)

    async def _ready_to_write(self, event: EventMessage, target_topic: str | None) -> None:
        self._refuse_read_only()
        if self._create_missing:
            stamped = self._publisher.stamped(event)
            self._publisher.rules.check(stamped)
            await self.start()
            await self._create_if_missing(self._publisher.encode(stamped, target_topic, None).topic)
        else:
            self._publisher.rules.check(self._publisher.stamped(event))
            await self.start()

    async def _create_if_missing(self, physical: str) -> None:
        if physical in self._known_topics:
            return
        if not await self._log.describe([physical]):
            await partitions.create_topic(self._log, physical, 3, 1, None)
        self._known_topics.add(physical)

    def _refuse_read_only(self) -> None:
        if self._read_only:
            raise PublishError("This bus is read-only; open one that may write, and say why.")

    async def _publish_dead_letter(self, letter: EventMessage) -> None:
        own = replace(letter, metadata=replace(letter.metadata, environment=self._space.environment))
        if self._create_missing:
            await self._create_if_missing(self._space.physical(DEAD_LETTER_QUEUE))
        await self._publisher.publish(own, DEAD_LETTER_QUEUE, None)
