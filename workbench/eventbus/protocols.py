"""The protocols of the event-bus contract, with exactly its members: ``isinstance`` checks what the contract promises.

Implementations have more members (life cycle, batches, offsets of groups); those are not part of the protocols.
"""
# ruff: noqa: UP006, UP035, UP045 - the spellings are the contract's, and ``get_type_hints`` must report them

from __future__ import annotations

from collections.abc import Awaitable, Callable  # noqa: TC003 - type hints are read at run time
from typing import Any, Dict, List, Optional, Protocol, runtime_checkable

from workbench.model.events.event import EventMessage  # noqa: TC001 - type hints are read at run time


@runtime_checkable
class ProtocolEventBus(Protocol):
    """Publishes events and delivers them to handlers."""

    async def publish_event(self, event_message: EventMessage, target_topic: Optional[str] = None) -> bool:
        """Publish one event; True when the broker acknowledged it.

        Raises:
            ValidationError: The event breaks the contract; nothing was sent.
            PublishError: The broker did not acknowledge it.
        """
        ...

    async def subscribe_to_topic(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Optional[Callable[[EventMessage], bool]] = None,
    ) -> Callable[[], Awaitable[None]]:
        """Deliver the topic's events to ``handler``; awaiting the returned function ends the delivery.

        Raises:
            SubscriptionError: The subscription could not be set up.
        """
        ...

    async def get_topic_info(self, topic: str) -> Dict[str, Any]:
        """Describe a topic: partitions, consumer groups, configuration, retention."""
        ...


@runtime_checkable
class ProtocolKafkaAdapter(Protocol):
    """Adds what Kafka offers beyond a bus: topics, partitions, transactions, positions."""

    async def create_topic(
        self,
        topic_name: str,
        partition_count: int = 3,
        replication_factor: int = 1,
        config: Optional[Dict[str, str]] = None,
    ) -> bool:
        """Create a topic; True also when it exists in exactly this shape.

        Raises:
            TopicExistsError: It exists in another shape.
        """
        ...

    async def publish_to_partition(
        self,
        topic: str,
        partition: int,
        event_message: EventMessage,
        transaction_id: Optional[str] = None,
    ) -> bool:
        """Publish one event to one partition, in a transaction when an id is given."""
        ...

    async def consume_from_partition(
        self,
        topic: str,
        partition: int,
        offset: int,
        max_messages: int = 100,
    ) -> List[EventMessage]:
        """Read events from an offset on, up to the end frozen at the call; no group is involved.

        Raises:
            OffsetOutOfRangeError: The offset lies below the log start or above the end.
        """
        ...


@runtime_checkable
class ProtocolRedpandaAdapter(Protocol):
    """Adds what Redpanda offers beyond Kafka: transforms and a schema registry."""

    async def create_materialized_view(self, view_name: str, source_topic: str, transform_function: str) -> bool:
        """Deploy a WebAssembly transform whose output topic is the view.

        Raises:
            TransformError: The module is not valid, or did not reach the state ``running``.
        """
        ...

    async def register_schema(self, subject: str, schema_definition: Dict[str, Any], schema_type: str = "JSON") -> int:
        """Register a schema and return its id.

        Raises:
            SchemaRegistryError: The registry refused it.
        """
        ...


@runtime_checkable
class ProtocolWorkflowEventBus(Protocol):
    """Publishes workflow events."""

    async def publish_workflow_event(self, workflow_event: EventMessage) -> None:
        """Publish one workflow event."""
        ...


@runtime_checkable
class ProtocolMCPRegistry(Protocol):
    """Registers MCP tools and subsystems."""

    async def refresh(self) -> None:
        """Read the registry again."""
        ...
