"""A Jupyter workbench for event buses: capture, follow, measure and replay what runs through Kafka and Redpanda.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.errors import (
        AuthenticationError,
        BrokerUnavailableError,
        ConfigurationError,
        GroupActiveError,
        HandlerError,
        MissingExtraError,
        NonRetryableError,
        OffsetOutOfRangeError,
        PublishError,
        ReplayRefused,
        RetryableError,
        SchemaRegistryError,
        SequenceConflictError,
        SnapshotError,
        SnapshotFormatError,
        SnapshotLockedError,
        StorageFullError,
        SubscriptionError,
        TopicExistsError,
        TransformError,
        UnknownEventError,
        UnknownTopicError,
        ValidationError,
        WindowError,
        WorkbenchError,
    )
    from workbench.eventbus import (
        EventBus,
        EventBusConfiguration,
        FailurePolicy,
        ProtocolEventBus,
        ProtocolKafkaAdapter,
        ProtocolMCPRegistry,
        ProtocolRedpandaAdapter,
        ProtocolWorkflowEventBus,
        PublishOutcome,
        WorkflowEventBusIntegration,
        batch_publish_events,
        create_event_bus_from_config,
        integrate_mcp_events,
        load_configuration,
        publish_batch_outcomes,
        resilient_handler,
        send_to_dead_letter_queue,
        setup_load_balanced_consumers,
    )
    from workbench.eventbus.event_store import (
        EventSourcing,
        EventStore,
        StoredEvent,
        reconstruct_event_message,
        replay_events,
    )
    from workbench.model import Record, TopicPartition
    from workbench.model.event import (
        AnyEventType,
        ConsumedEvent,
        EventMessage,
        EventMetadata,
        EventType,
        ExtensionEventType,
        SecurityContext,
        UndecodableRecord,
    )
    from workbench.session import Cluster, Snapshot, connect, demo, open_snapshot
    from workbench.session import open_snapshot as open  # noqa: A004 - read as wb.open

__version__ = "0.1.0"

_HOMES = {
    "workbench.eventbus": (
        "EventBus",
        "EventBusConfiguration",
        "FailurePolicy",
        "ProtocolEventBus",
        "ProtocolKafkaAdapter",
        "ProtocolMCPRegistry",
        "ProtocolRedpandaAdapter",
        "ProtocolWorkflowEventBus",
        "PublishOutcome",
        "WorkflowEventBusIntegration",
        "batch_publish_events",
        "create_event_bus_from_config",
        "integrate_mcp_events",
        "load_configuration",
        "publish_batch_outcomes",
        "resilient_handler",
        "send_to_dead_letter_queue",
        "setup_load_balanced_consumers",
    ),
    "workbench.errors": (
        "AuthenticationError",
        "BrokerUnavailableError",
        "ConfigurationError",
        "GroupActiveError",
        "HandlerError",
        "MissingExtraError",
        "NonRetryableError",
        "OffsetOutOfRangeError",
        "PublishError",
        "ReplayRefused",
        "RetryableError",
        "SchemaRegistryError",
        "SequenceConflictError",
        "SnapshotError",
        "SnapshotFormatError",
        "SnapshotLockedError",
        "StorageFullError",
        "SubscriptionError",
        "TopicExistsError",
        "TransformError",
        "UnknownEventError",
        "UnknownTopicError",
        "ValidationError",
        "WindowError",
        "WorkbenchError",
    ),
    "workbench.model": ("Record", "TopicPartition"),
    "workbench.model.event": (
        "AnyEventType",
        "ConsumedEvent",
        "EventMessage",
        "EventMetadata",
        "EventType",
        "ExtensionEventType",
        "SecurityContext",
        "UndecodableRecord",
    ),
    "workbench.session": ("Cluster", "Snapshot", "connect", "demo", "open_snapshot"),
    "workbench.eventbus.event_store": (
        "EventSourcing",
        "EventStore",
        "StoredEvent",
        "reconstruct_event_message",
        "replay_events",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnyEventType",
    "AuthenticationError",
    "BrokerUnavailableError",
    "Cluster",
    "ConfigurationError",
    "ConsumedEvent",
    "EventBus",
    "EventBusConfiguration",
    "EventMessage",
    "EventMetadata",
    "EventSourcing",
    "EventStore",
    "EventType",
    "ExtensionEventType",
    "FailurePolicy",
    "GroupActiveError",
    "HandlerError",
    "MissingExtraError",
    "NonRetryableError",
    "OffsetOutOfRangeError",
    "ProtocolEventBus",
    "ProtocolKafkaAdapter",
    "ProtocolMCPRegistry",
    "ProtocolRedpandaAdapter",
    "ProtocolWorkflowEventBus",
    "PublishError",
    "PublishOutcome",
    "Record",
    "ReplayRefused",
    "RetryableError",
    "SchemaRegistryError",
    "SecurityContext",
    "SequenceConflictError",
    "Snapshot",
    "SnapshotError",
    "SnapshotFormatError",
    "SnapshotLockedError",
    "StorageFullError",
    "StoredEvent",
    "SubscriptionError",
    "TopicExistsError",
    "TopicPartition",
    "TransformError",
    "UndecodableRecord",
    "UnknownEventError",
    "UnknownTopicError",
    "ValidationError",
    "WindowError",
    "WorkbenchError",
    "WorkflowEventBusIntegration",
    "__version__",
    "batch_publish_events",
    "connect",
    "create_event_bus_from_config",
    "demo",
    "integrate_mcp_events",
    "load_configuration",
    "open",
    "open_snapshot",
    "publish_batch_outcomes",
    "reconstruct_event_message",
    "replay_events",
    "resilient_handler",
    "send_to_dead_letter_queue",
    "setup_load_balanced_consumers",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "open":
        return import_module("workbench.session").open_snapshot
    if name not in _HOME_OF:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
