"""System events for workflows, MCP events for a registry, on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.eventbus import (
    ProtocolMCPRegistry,
    ProtocolWorkflowEventBus,
    WorkflowEventBusIntegration,
    integrate_mcp_events,
)
from workbench.testing import create_test_event, wait_until

if TYPE_CHECKING:
    from workbench.model.events.event import EventMessage


class WorkflowBus:
    """Takes workflow events and publishes them on a bus of the contract."""

    def __init__(self, bus) -> None:
        self.bus = bus
        self.taken: list[EventMessage] = []

    async def publish_workflow_event(self, workflow_event: EventMessage) -> None:
        assert await self.bus.publish_event(workflow_event) is True
        self.taken.append(workflow_event)


class Registry:
    def __init__(self) -> None:
        self.refreshed = 0

    async def refresh(self) -> None:
        self.refreshed += 1


def listening(into):
    async def listener(event):
        into.append(event.event_id)

    return listener


@pytest.mark.promise("IN-1", "IN-2", "IN-3")
async def test_two_kinds_of_system_events_become_workflow_events(bus):
    workflows = WorkflowBus(bus)
    integration = WorkflowEventBusIntegration(bus, workflows)
    assert isinstance(workflows, ProtocolWorkflowEventBus)
    assert (integration.base_event_bus, integration.workflow_event_bus) == (bus, workflows)
    end = await integration.coordinate_workflow_events()
    gone = create_test_event(event_type="node.deregistered", payload={"node": "n1", "workflow_ids": ["w1", "w2"]})
    stopped = create_test_event(event_type="system.stopped", payload={"why": "upgrade"}, priority=9, token="tok")  # noqa: S106
    others = [create_test_event(event_type=kind) for kind in ("system.started", "system.health_check")]
    for event in (others[0], gone, others[1], stopped):
        await bus.publish_event(event, target_topic="system_events")
    await wait_until(lambda: len(workflows.taken) >= 3, timeout_s=30, what="the workflow events")
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["handled"] >= 4, timeout_s=30, what="all system events")
    physical = bus.physical_name("workflow_coordinator")
    assert physical in {g["group_id"] for g in (await bus.get_topic_info("system_events"))["consumer_groups"]}
    await end()
    by_cause = {}
    for event in workflows.taken:
        by_cause.setdefault(event.metadata.causation_id, []).append(event)
    assert set(by_cause) == {gone.event_id, stopped.event_id}
    assert sorted((e.event_type, e.payload["workflow_id"]) for e in by_cause[gone.event_id]) == [
        ("workflow.paused", "w1"), ("workflow.paused", "w2"),
    ]  # fmt: skip
    (cancelled,) = by_cause[stopped.event_id]
    assert (cancelled.event_type, cancelled.payload) == ("workflow.cancelled", {"why": "upgrade"})
    assert cancelled.metadata.correlation_id == stopped.metadata.correlation_id
    assert (cancelled.metadata.priority, cancelled.security_context.token) == (9, None)


@pytest.mark.promise("IN-2")
async def test_a_converter_of_ones_own(bus):
    workflows = WorkflowBus(bus)
    made = create_test_event(event_type="workflow.failed")
    end = await WorkflowEventBusIntegration(bus, workflows, lambda _: [made]).coordinate_workflow_events()
    await bus.publish_event(create_test_event(event_type="system.started"))
    await wait_until(lambda: workflows.taken, timeout_s=30, what="the workflow event")
    await end()
    assert workflows.taken == [made]


@pytest.mark.promise("IN-4", "IN-5", "IN-6")
async def test_mcp_events_reach_the_registry_and_their_listeners(bus):
    registry = Registry()
    tools, subsystems, health = [], [], []
    assert isinstance(registry, ProtocolMCPRegistry)
    end = await integrate_mcp_events(
        bus, registry,
        on_tool_registered=listening(tools), on_subsystem_registered=listening(subsystems), on_health=listening(health),
    )  # fmt: skip
    kinds = ("mcp.tool_registered", "mcp.subsystem_registered", "mcp.health_check")
    events = [create_test_event(event_type=kind) for kind in kinds]
    for event in events:
        await bus.publish_event(event)
    await bus.publish_event(create_test_event(event_type="user.created"), target_topic="mcp_events")
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["handled"] >= 4, timeout_s=30, what="delivery")
    physical = bus.physical_name("mcp_integration")
    assert physical in {g["group_id"] for g in (await bus.get_topic_info("mcp_events"))["consumer_groups"]}
    await end()
    assert [tools, subsystems, health] == [[event.event_id] for event in events]
    assert registry.refreshed == 2


@pytest.mark.promise("IN-4")
async def test_listeners_are_optional(bus):
    registry = Registry()
    end = await integrate_mcp_events(bus, registry)
    await bus.publish_event(create_test_event(event_type="mcp.tool_registered"))
    await bus.publish_event(create_test_event(event_type="mcp.health_check"))
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"] >= 2, timeout_s=30, what="delivery")
    await end()
    assert registry.refreshed == 1
