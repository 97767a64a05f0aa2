"""The event bus of the contract: its protocols, and one implementation over any record log."""

from workbench.bus.contract.batches import (
    batch_publish_events,
    publish_batch_outcomes,
    setup_load_balanced_consumers,
)
from workbench.bus.contract.bus import EventBus
from workbench.bus.contract.configuration import EventBusConfiguration
from workbench.bus.contract.factory import create_event_bus_from_config
from workbench.bus.contract.failures import FailurePolicy
from workbench.bus.contract.integrations import (
    WorkflowEventBusIntegration,
    default_converter,
    integrate_mcp_events,
)
from workbench.bus.contract.partitions import ConsumedEvents, OffsetReset
from workbench.bus.contract.protocols import (
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    ProtocolMCPRegistry,
    ProtocolRedpandaAdapter,
    ProtocolWorkflowEventBus,
)
from workbench.bus.contract.publishing import INHERIT_CORRELATION, PublishOutcome
from workbench.bus.contract.resilience import resilient_handler, send_to_dead_letter_queue
from workbench.bus.contract.sources import load_configuration

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
