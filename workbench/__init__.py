"""A Jupyter workbench for event buses: capture, follow, measure and replay what runs through Kafka and Redpanda.

``dir(workbench)`` lists what a notebook needs. The names of the event-bus contract (`EventBus`, `EventMessage`, …) and
all errors can be imported from here as well, and are listed by the modules `eventbus` and `errors`.

Names and modules are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

# Arrow chooses the memory pool of its compiled code once, when it is loaded, and no call changes that later. jemalloc
# keeps freed pages for the next moment: a capture costs a fifth less CPU than with pages that come fresh each time.
if sys.platform == "linux" and "pyarrow" not in sys.modules:
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")

if TYPE_CHECKING:
    from workbench import errors as errors, eventbus as eventbus, testing as testing
    from workbench.errors import (
        AuthenticationError as AuthenticationError,
        BrokerUnavailableError as BrokerUnavailableError,
        ConfigurationError as ConfigurationError,
        FoldError as FoldError,
        GroupActiveError as GroupActiveError,
        HandlerError as HandlerError,
        HttpProxyError as HttpProxyError,
        MissingExtraError as MissingExtraError,
        NonRetryableError as NonRetryableError,
        OffsetOutOfRangeError as OffsetOutOfRangeError,
        PositionError as PositionError,
        PublishError as PublishError,
        QueryError as QueryError,
        ReplayRefused as ReplayRefused,
        RetryableError as RetryableError,
        SchemaRegistryError as SchemaRegistryError,
        SequenceConflictError as SequenceConflictError,
        SnapshotError as SnapshotError,
        SnapshotFormatError as SnapshotFormatError,
        SnapshotLockedError as SnapshotLockedError,
        SpanFormatError as SpanFormatError,
        StorageFullError as StorageFullError,
        SubscriptionError as SubscriptionError,
        TableError as TableError,
        TopicExistsError as TopicExistsError,
        TransformError as TransformError,
        UnknownEventError as UnknownEventError,
        UnknownTopicError as UnknownTopicError,
        ValidationError as ValidationError,
        WindowError as WindowError,
        WorkbenchError as WorkbenchError,
    )
    from workbench.eventbus import (
        EventBus as EventBus,
        EventBusConfiguration as EventBusConfiguration,
        FailurePolicy as FailurePolicy,
        ProtocolEventBus as ProtocolEventBus,
        ProtocolKafkaAdapter as ProtocolKafkaAdapter,
        ProtocolMCPRegistry as ProtocolMCPRegistry,
        ProtocolRedpandaAdapter as ProtocolRedpandaAdapter,
        ProtocolWorkflowEventBus as ProtocolWorkflowEventBus,
        PublishOutcome as PublishOutcome,
        WorkflowEventBusIntegration as WorkflowEventBusIntegration,
        batch_publish_events as batch_publish_events,
        create_event_bus_from_config as create_event_bus_from_config,
        integrate_mcp_events as integrate_mcp_events,
        load_configuration as load_configuration,
        publish_batch_outcomes as publish_batch_outcomes,
        resilient_handler as resilient_handler,
        send_to_dead_letter_queue as send_to_dead_letter_queue,
        setup_load_balanced_consumers as setup_load_balanced_consumers,
    )
    from workbench.eventbus.event_store import (
        EventSourcing as EventSourcing,
        EventStore as EventStore,
        StoredEvent as StoredEvent,
        reconstruct_event_message as reconstruct_event_message,
        replay_events as replay_events,
    )
    from workbench.model import (
        Record as Record,
        TopicPartition as TopicPartition,
    )
    from workbench.model.events.event import (
        AnyEventType as AnyEventType,
        ConsumedEvent as ConsumedEvent,
        EventMessage as EventMessage,
        EventMetadata as EventMetadata,
        EventType as EventType,
        ExtensionEventType as ExtensionEventType,
        SecurityContext as SecurityContext,
        UndecodableRecord as UndecodableRecord,
    )
    from workbench.session import (
        Cluster as Cluster,
        Snapshot as Snapshot,
        compare as compare,
        connect as connect,
        demo as demo,
        explore as explore,
        open_snapshot as open,  # noqa: A004, F401 - read as wb.open
        open_snapshot as open_snapshot,
        open_trace as open_trace,
    )

__version__ = "0.1.0"

_HOMES = {
    "workbench.errors": (
        "AuthenticationError",
        "BrokerUnavailableError",
        "ConfigurationError",
        "FoldError",
        "GroupActiveError",
        "HandlerError",
        "HttpProxyError",
        "MissingExtraError",
        "NonRetryableError",
        "OffsetOutOfRangeError",
        "PositionError",
        "PublishError",
        "QueryError",
        "ReplayRefused",
        "RetryableError",
        "SchemaRegistryError",
        "SequenceConflictError",
        "SnapshotError",
        "SnapshotFormatError",
        "SnapshotLockedError",
        "SpanFormatError",
        "StorageFullError",
        "SubscriptionError",
        "TableError",
        "TopicExistsError",
        "TransformError",
        "UnknownEventError",
        "UnknownTopicError",
        "ValidationError",
        "WindowError",
        "WorkbenchError",
    ),
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
    "workbench.eventbus.event_store": (
        "EventSourcing",
        "EventStore",
        "StoredEvent",
        "reconstruct_event_message",
        "replay_events",
    ),
    "workbench.model": (
        "Record",
        "TopicPartition",
    ),
    "workbench.model.events.event": (
        "AnyEventType",
        "ConsumedEvent",
        "EventMessage",
        "EventMetadata",
        "EventType",
        "ExtensionEventType",
        "SecurityContext",
        "UndecodableRecord",
    ),
    "workbench.session": (
        "Cluster",
        "Snapshot",
        "compare",
        "connect",
        "demo",
        "explore",
        "open_snapshot",
        "open_trace",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("errors", "eventbus", "testing")

__all__ = [
    "AuthenticationError",
    "BrokerUnavailableError",
    "Cluster",
    "ConfigurationError",
    "QueryError",
    "Record",
    "ReplayRefused",
    "Snapshot",
    "SnapshotError",
    "TopicPartition",
    "UnknownTopicError",
    "ValidationError",
    "WindowError",
    "WorkbenchError",
    "compare",
    "connect",
    "demo",
    "explore",
    "open_trace",
]
"""Names that ``from workbench import *`` imports: without `open`, which would shadow the built-in function."""


class _Package(ModuleType):
    """Keeps ``workbench.demo`` the function when the folder of that name is imported.

    The import system stores each submodule as an attribute of its package, and would replace the function by it.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name != "demo" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "open":
        return import_module("workbench.session").open_snapshot
    if name in _MODULES:
        return import_module(f"workbench.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "open", *_MODULES])
