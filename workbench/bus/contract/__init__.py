"""The event bus of the contract: its protocols, and one implementation over any record log."""

from workbench.bus.contract.protocols import (
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    ProtocolMCPRegistry,
    ProtocolRedpandaAdapter,
    ProtocolWorkflowEventBus,
)

__all__ = [
    "ProtocolEventBus",
    "ProtocolKafkaAdapter",
    "ProtocolMCPRegistry",
    "ProtocolRedpandaAdapter",
    "ProtocolWorkflowEventBus",
]
