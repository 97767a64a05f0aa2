"""The contract's integrations: system events for a workflow bus, MCP events for a registry."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.model.events.event import EventMessage, EventMetadata

if TYPE_CHECKING:
    from workbench.eventbus.protocols import ProtocolEventBus, ProtocolMCPRegistry, ProtocolWorkflowEventBus

Converter = Callable[[EventMessage], Sequence[EventMessage]]
Listener = Callable[[EventMessage], Awaitable[None]]

CONVERTED = {"node.deregistered": "workflow.paused", "system.stopped": "workflow.cancelled"}
"""System events that become workflow events, with the type of those."""


def default_converter(event: EventMessage) -> list[EventMessage]:
    """Make one workflow event for every workflow named in ``payload.workflow_ids``, else one with the source's payload.

    The source event is the cause; correlation, priority and environment are kept.
    """
    target = CONVERTED.get(event.event_type)
    if target is None:
        return []
    named = event.payload.get("workflow_ids")
    ids = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    payloads = [{**event.payload, "workflow_id": name} for name in ids] or [dict(event.payload)]
    return [
        EventMessage(
            event_id=str(uuid.uuid4()),
            event_type=target,  # type: ignore[arg-type]  # a literal of the contract
            payload=payload,
            metadata=EventMetadata(
                source="workflow_coordinator",
                correlation_id=event.metadata.correlation_id,
                causation_id=event.event_id,
                environment=event.metadata.environment,
                priority=event.metadata.priority,
            ),
            timestamp=datetime.now(UTC).isoformat(),
            security_context=None if event.security_context is None else replace(event.security_context, token=None),
        )
        for payload in payloads
    ]


class WorkflowEventBusIntegration:
    """Converts system events of a base bus into workflow events on a workflow bus.

    Args:
        base_event_bus: Where system and node events are read.
        workflow_event_bus: Where workflow events are published.
        converter: Returns the workflow events for a system event; none for most.
    """

    def __init__(
        self,
        base_event_bus: ProtocolEventBus,
        workflow_event_bus: ProtocolWorkflowEventBus,
        converter: Converter = default_converter,
    ) -> None:
        self.base_event_bus = base_event_bus
        self.workflow_event_bus = workflow_event_bus
        self._converter = converter

    async def coordinate_workflow_events(self) -> Callable[[], Awaitable[None]]:
        """Subscribe to ``system_events`` as group ``workflow_coordinator``; returns the function that ends it.

        Raises:
            SubscriptionError: The subscription could not be set up.
        """
        return await self.base_event_bus.subscribe_to_topic(
            topic="system_events",
            group_id="workflow_coordinator",
            handler=self._handle_system_event,
        )

    async def _handle_system_event(self, event: EventMessage) -> None:
        for workflow_event in self._converter(event):
            await self.workflow_event_bus.publish_workflow_event(workflow_event)


async def integrate_mcp_events(
    event_bus: ProtocolEventBus,
    mcp_registry: ProtocolMCPRegistry,
    *,
    on_tool_registered: Listener | None = None,
    on_subsystem_registered: Listener | None = None,
    on_health: Listener | None = None,
) -> Callable[[], Awaitable[None]]:
    """Subscribe to ``mcp_events`` as group ``mcp_integration``: registrations refresh the registry, then the listener.

    Returns:
        The function that ends the subscription when awaited.

    Raises:
        SubscriptionError: The subscription could not be set up.
    """
    registrations = {
        "mcp.tool_registered": on_tool_registered,
        "mcp.subsystem_registered": on_subsystem_registered,
    }

    async def handle(event: EventMessage) -> None:
        if event.event_type in registrations:
            await mcp_registry.refresh()
            listener = registrations[event.event_type]
        else:
            listener = on_health if event.event_type == "mcp.health_check" else None
        if listener is not None:
            await listener(event)

    return await event_bus.subscribe_to_topic(topic="mcp_events", group_id="mcp_integration", handler=handle)
