"""The event bus of the contract: its protocols, and one implementation over any record log."""

from workbench.eventbus.batches import (
    batch_publish_events,
    publish_batch_outcomes,
    setup_load_balanced_consumers,
)
from workbench.eventbus.bus import EventBus
from workbench.eventbus.configuration import EventBusConfiguration
from workbench.eventbus.factory import create_event_bus_from_config
from workbench.eventbus.failures import FailurePolicy
from workbench.eventbus.integrations import (
    WorkflowEventBusIntegration,
    default_converter,
    integrate_mcp_events,
)
from workbench.eventbus.partitions import ConsumedEvents, OffsetReset
from workbench.eventbus.protocols import (
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    ProtocolMCPRegistry,
    ProtocolRedpandaAdapter,
    ProtocolWorkflowEventBus,
)
from workbench.eventbus.publishing import INHERIT_CORRELATION, PublishOutcome
from workbench.eventbus.resilience import resilient_handler, send_to_dead_letter_queue
from workbench.eventbus.sources import load_configuration

__all__ = [
    "INHERIT_CORRELATION",
    "ConsumedEvents",
    "EventBus",
    "EventBusConfiguration",
    "FailurePolicy",
    "OffsetReset",
    "ProtocolEventBus",
    "ProtocolKafkaAdapter",
    "ProtocolMCPRegistry",
    "ProtocolRedpandaAdapter",
    "ProtocolWorkflowEventBus",
    "PublishOutcome",
    "WorkflowEventBusIntegration",
    "batch_publish_events",
    "create_event_bus_from_config",
    "default_converter",
    "integrate_mcp_events",
    "load_configuration",
    "publish_batch_outcomes",
    "resilient_handler",
    "send_to_dead_letter_queue",
    "setup_load_balanced_consumers",
]
