"""The Kafka adapter of the event bus: topics, partitions, transactions, positions, offsets of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional  # noqa: UP035 - the spellings are the contract's

from workbench.eventbus.core import BusCore
from workbench.eventbus.topics import creation, group_offsets, positions
from workbench.eventbus.topics.description import describe_topic
from workbench.model.events.event import EventMessage  # noqa: TC001 - type hints are read at run time
from workbench.telemetry import SPAN_MANAGE, traced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from workbench.eventbus.topics.group_offsets import OffsetReset
    from workbench.model import CommittedOffset, GroupInfo, TopicPartition
    from workbench.model.events.event import ConsumedEvent, UndecodableRecord


class KafkaAdapter(BusCore):
    """Manages topics, positions and groups of a bus; satisfies `ProtocolKafkaAdapter`."""

    @traced(SPAN_MANAGE)
    async def create_topic(
        self,
        topic_name: str,
        partition_count: int = 3,
        replication_factor: int = 1,
        config: Optional[Dict[str, str]] = None,  # noqa: UP006, UP045
    ) -> bool:
        """Create a topic; True also when it exists in exactly this shape.

        Raises:
            TopicExistsError: It exists in another shape; ``difference`` says in what, and nothing was altered.
            ValidationError: The name cannot be one.
        """
        self._refuse_read_only()
        physical = self._publisher.physical(topic_name)
        await self._ensure_open()
        async with self._auditor.entry("topic.create", topic=physical, partitions=partition_count):
            return await creation.create_topic(self._log, physical, partition_count, replication_factor, config)

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
        self._refuse_read_only()
        event = self._publisher.validated(event_message)
        physical = self._publisher.route(event, topic)
        await self._ready_for(physical)
        write = None if transaction_id is None else self._transactions.sender(transaction_id)
        facts = {"topic": physical, "records": 1, "event_id": event.event_id, "transaction": transaction_id}
        async with self._auditor.entry("publish", **facts) as entry:
            outcome = await self._publisher.send(event, physical, partition, write=write)
            entry.result = outcome.status
        return outcome.acknowledged

    def transaction(self, transaction_id: str) -> AbstractAsyncContextManager[None]:
        """Join all ``publish_to_partition`` calls with this id under ``async with`` into one transaction."""
        self._refuse_read_only()
        return self._transactions.transaction(transaction_id)

    @traced(SPAN_MANAGE)
    async def consume_from_partition(
        self,
        topic: str,
        partition: int,
        offset: int,
        max_messages: int = 100,
    ) -> List[EventMessage]:  # noqa: UP006
        """Read events from an offset on, inclusive, up to the end at the call; no group is involved.

        Returns:
            At most ``max_messages`` entries; undecodable ones count and are in the list's ``undecodable``.

        Raises:
            OffsetOutOfRangeError: The offset lies below the log start or above the end.
        """
        return positions.ConsumedEvents(await self.read_records(topic, partition, offset, max_messages))

    @traced(SPAN_MANAGE)
    async def read_records(
        self,
        topic: str,
        partition: int,
        offset: int,
        max_records: int = 100,
    ) -> list[ConsumedEvent | UndecodableRecord]:
        """Read as `consume_from_partition` does; undecodable records are returned in their place."""
        physical = self._namespace.physical(topic)
        await self._ensure_open()
        return await positions.read_records(self._log, physical, partition, offset, max_records)

    @traced(SPAN_MANAGE)
    async def get_topic_info(self, topic: str) -> Dict[str, Any]:  # noqa: UP006
        """Describe a topic: partitions, groups with lag, configuration, retention; ``exists`` is False without one."""
        physical = self._namespace.physical(topic)
        await self._ensure_open()
        return dict(await describe_topic(self._log, topic, physical))

    @traced(SPAN_MANAGE)
    async def list_topics(self) -> list[str]:
        """List the logical names of the topics of this prefix and environment."""
        await self._ensure_open()
        return [
            info.name[len(self._prefix) :] for info in await self._log.describe() if info.name.startswith(self._prefix)
        ]

    @traced(SPAN_MANAGE)
    async def groups(self) -> list[GroupInfo]:
        """Describe all consumer groups of the cluster."""
        await self._ensure_open()
        return await self._log.describe_groups(await self._log.groups())

    @traced(SPAN_MANAGE)
    async def add_partitions(self, topic: str, total: int) -> None:
        """Raise the number of partitions; later records of a key may go to another partition."""
        self._refuse_read_only()
        physical = self._publisher.physical(topic)
        await self._ensure_open()
        async with self._auditor.entry("topic.add_partitions", topic=physical, partitions=total):
            await self._log.add_partitions(physical, total)

    @traced(SPAN_MANAGE)
    async def partition_info(self, topic: str) -> list[dict[str, Any]]:
        """Describe the leader, replicas and log bounds of each partition."""
        return list((await self.get_topic_info(topic))["partitions"])

    @traced(SPAN_MANAGE)
    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        """Return the committed offsets of a group of this namespace."""
        await self._ensure_open()
        return await self._log.committed(self._namespace.physical(group_id))

    @traced(SPAN_MANAGE)
    async def lag(self, group_id: str | None = None) -> dict[str, dict[TopicPartition, int | None]]:
        """Return the lag in offsets of one group of this namespace, or of all its groups, by group and partition."""
        await self._ensure_open()
        wanted = (
            [self._namespace.physical(group_id)]
            if group_id
            else [group for group in await self._log.groups() if group.startswith(self._prefix)]
        )
        return {name[len(self._prefix) :]: await group_offsets.lag_of(self._log, name) for name in wanted}

    @traced(SPAN_MANAGE)
    async def reset_offsets(
        self,
        group_id: str,
        offsets: Mapping[TopicPartition, int],
        *,
        dry_run: bool = True,
    ) -> OffsetReset:
        """Set the offsets of an empty group of this namespace; a dry run unless told otherwise.

        Returns:
            The offsets before and after; a reset to ``before`` undoes this one.

        Raises:
            GroupActiveError: The group has members; nothing was changed.
        """
        await self._ensure_open()
        plan = await group_offsets.plan_reset(self._log, self._namespace.physical(group_id), offsets)
        if dry_run:
            return plan
        self._refuse_read_only()
        facts = {
            "group": plan.group_id,
            "before": {str(place): offset for place, offset in plan.before.items()},
            "after": {str(place): offset for place, offset in plan.after.items()},
        }
        async with self._auditor.entry("offsets.reset", **facts):
            return await group_offsets.run_reset(self._log, plan)

    @property
    def _prefix(self) -> str:
        return self._namespace.physical("x")[:-1]
