"""The event bus of the contract: its protocols, one implementation over any record log, and the event store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.eventbus.bus import EventBus
from workbench.eventbus.configuration.factory import create_event_bus_from_config
from workbench.eventbus.configuration.settings import EventBusConfiguration
from workbench.eventbus.configuration.sources import load_configuration
from workbench.eventbus.failures.policy import FailurePolicy
from workbench.eventbus.failures.resilience import resilient_handler, send_to_dead_letter_queue
from workbench.eventbus.integrations import (
    WorkflowEventBusIntegration,
    default_converter,
    integrate_mcp_events,
)
from workbench.eventbus.protocols import (
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    ProtocolMCPRegistry,
    ProtocolRedpandaAdapter,
    ProtocolWorkflowEventBus,
)
from workbench.eventbus.publishing.batches import batch_publish_events, publish_batch_outcomes
from workbench.eventbus.publishing.outcomes import PublishOutcome
from workbench.eventbus.publishing.publisher import INHERIT_CORRELATION
from workbench.eventbus.subscribing.load_balancing import setup_load_balanced_consumers
from workbench.eventbus.topics.group_offsets import OffsetReset
from workbench.eventbus.topics.positions import ConsumedEvents

if TYPE_CHECKING:
    from workbench.eventbus.event_store import (
        EventSourcing,
        EventStore,
        StoredEvent,
        reconstruct_event_message,
        replay_events,
    )
    from workbench.eventbus.redpanda import RedpandaEventBus

__all__ = [
    "INHERIT_CORRELATION",
    "ConsumedEvents",
    "EventBus",
    "EventBusConfiguration",
    "EventSourcing",
    "EventStore",
    "FailurePolicy",
    "OffsetReset",
    "ProtocolEventBus",
    "ProtocolKafkaAdapter",
    "ProtocolMCPRegistry",
    "ProtocolRedpandaAdapter",
    "ProtocolWorkflowEventBus",
    "PublishOutcome",
    "RedpandaEventBus",
    "StoredEvent",
    "WorkflowEventBusIntegration",
    "batch_publish_events",
    "create_event_bus_from_config",
    "default_converter",
    "integrate_mcp_events",
    "load_configuration",
    "publish_batch_outcomes",
    "reconstruct_event_message",
    "replay_events",
    "resilient_handler",
    "send_to_dead_letter_queue",
    "setup_load_balanced_consumers",
]

_OF_THE_EVENT_STORE = ("EventSourcing", "EventStore", "StoredEvent", "reconstruct_event_message", "replay_events")


def __getattr__(name: str) -> Any:
    """Import the event store and the Redpanda bus at their first use: they need DuckDB, and HTTP."""
    if name in _OF_THE_EVENT_STORE:
        from workbench.eventbus import event_store

        return getattr(event_store, name)
    if name == "RedpandaEventBus":
        from workbench.eventbus.redpanda import RedpandaEventBus

        return RedpandaEventBus
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
