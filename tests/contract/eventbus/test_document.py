"""Every Python block of the event-bus document runs, unchanged, on memory and on a real Kafka."""

from __future__ import annotations

import ast
import dataclasses
import sys
import types
import uuid
from typing import get_args

import pytest
from document_blocks import PAGE, block_with, blocks_of, copied, modules, scope

from workbench import testing
from workbench.bus import open_log
from workbench.errors import NonRetryableError, RetryableError, ValidationError
from workbench.eventbus import EventBus, EventBusConfiguration, default_converter
from workbench.eventbus.event_store import EventStore
from workbench.model.events import event as ours
from workbench.testing import RecordingSleep, create_test_event, wait_until

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

BLOCKS = 16


@pytest.fixture(autouse=True)
def document_imports(monkeypatch):
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)


def code_of(source):
    """Compile without this module's own future imports."""
    return compile(source, "document", "exec", dont_inherit=True)


def run(text, **names):
    """Execute the block that holds a text; give its names back."""
    space = scope(**names)
    exec(code_of(block_with(text)), space)  # noqa: S102 - the document's code is the subject
    return space


def listening():
    heard = []

    async def listener(event):
        heard.append(event.event_id)

    return heard, listener


def test_the_copy_is_the_page():
    if not PAGE.is_file():
        pytest.skip("the shared page is not here; the copy stands for it")
    assert copied() == blocks_of(PAGE.read_text())


def test_every_block_executes():
    found = copied()
    assert len(found) == BLOCKS
    for block in found:
        exec(code_of(block), scope())  # noqa: S102 - the document's code is the subject


@pytest.mark.promise("PB-1", "KA-1", "SF-2")
@pytest.mark.parametrize("name", ["ProtocolEventBus", "ProtocolKafkaAdapter"])
async def test_our_bus_satisfies_the_documents_own_protocols(bus, name):
    space = run(f"class {name}(Protocol)")
    assert isinstance(bus, space[name])


@pytest.mark.promise("TY-1", "TY-4", "TY-10")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class EventMessage:", "EventMessage"),
        ("class EventMessage:", "EventMetadata"),
        ("class SecurityContext:", "SecurityContext"),
    ],
)
def test_our_types_have_the_documents_fields(text, name):
    theirs = dataclasses.fields(run(text)[name])
    mine = dataclasses.fields(getattr(ours, name))
    assert [(f.name, f.default) for f in mine] == [(f.name, f.default) for f in theirs]


@pytest.mark.promise("TY-11")
def test_our_event_types_are_the_documents():
    assert get_args(run("EventType = Literal[")["EventType"]) == get_args(ours.EventType)


@pytest.mark.promise("UP-1")
async def test_basic_event_publishing(make_bus):
    publish = run("async def publish_user_created_event")["publish_user_created_event"]
    prod = make_bus(environment="prod", topic_prefix=f"doc-{uuid.uuid4().hex[:8]}")
    await prod.create_topic("user_events", 1)
    await publish(prod, "u-1", {"email": "ada@example.org"})
    (found,) = await prod.consume_from_partition("user_events", 0, 0)
    assert (found.event_type, found.metadata.environment, found.metadata.priority) == ("user.created", "prod", 7)
    assert found.timestamp_assumed_utc
    assert found.payload["email"] == "ada@example.org"
    with pytest.raises(ValidationError):
        await publish(make_bus(environment="dev", topic_prefix=prod.topic_prefix), "u-1", {"email": "x"})


@pytest.mark.promise("UP-2", "UP-3")
async def test_event_subscription_with_filtering(bus):
    alerts, alert = listening()
    metrics, metric = listening()
    space = run("setup_workflow_event_processing", send_alert_notification=alert, update_workflow_metrics=metric)
    unsubscribe = await space["setup_workflow_event_processing"](bus)
    events = {
        (kind, priority): create_test_event(event_type=f"workflow.{kind}", priority=priority)
        for kind in ("failed", "completed", "paused")
        for priority in (7, 8)
    }
    for event in events.values():
        await bus.publish_event(event)
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["handled"] + counts["filtered"] >= 6, timeout_s=30, what="delivery")
    await unsubscribe()
    await unsubscribe()
    assert (alerts, metrics) == ([events["failed", 8].event_id], [events["completed", 8].event_id])


@pytest.mark.promise("UP-4", "PB-10")
async def test_multi_environment_event_routing(make_bus):
    prefix = f"doc-{uuid.uuid4().hex[:8]}"
    names = ("prod", "staging", "dev")
    buses = {name: make_bus(environment=name, topic_prefix=prefix) for name in names}
    for bus in buses.values():
        await bus.create_topic("system_events", 1)
    listeners = {name: listening() for name in names}
    forwards = dict(
        zip(("forward_to_monitoring", "forward_to_validation", "forward_to_debug_logs"), names, strict=True)
    )
    space = run("setup_environment_routing", **{call: listeners[name][1] for call, name in forwards.items()})
    router = make_bus(environment="dev", topic_prefix=prefix, environments=names)
    await space["setup_environment_routing"](router)
    single = make_bus(environment="staging", topic_prefix=prefix)
    await space["setup_environment_routing"](single)
    sent = {}
    for name, bus in buses.items():
        sent[name] = create_test_event(event_type="system.started")
        await bus.publish_event(sent[name])
    await wait_until(lambda: sum(len(heard) for heard, _ in listeners.values()) >= 4, timeout_s=30, what="routing")
    assert {name: heard for name, (heard, _) in listeners.items()} == {
        "prod": [sent["prod"].event_id],
        "staging": [sent["staging"].event_id] * 2,
        "dev": [sent["dev"].event_id],
    }


@pytest.mark.promise("IN-1", "IN-2", "IN-3")
async def test_workflow_orchestration_integration(bus):
    space = run("class WorkflowEventBusIntegration")
    taken = []

    class WorkflowBus:
        async def publish_workflow_event(self, workflow_event):
            taken.append(workflow_event)

    class Integration(space["WorkflowEventBusIntegration"]):
        def _convert_to_workflow_event(self, event):
            return default_converter(event)[0]

    await Integration(bus, WorkflowBus()).coordinate_workflow_events()
    stopped = create_test_event(event_type="system.stopped")
    await bus.publish_event(create_test_event(event_type="system.started"))
    await bus.publish_event(stopped)
    await wait_until(lambda: taken, timeout_s=30, what="the workflow event")
    assert [(e.event_type, e.metadata.causation_id) for e in taken] == [("workflow.cancelled", stopped.event_id)]


@pytest.mark.promise("IN-4", "IN-5", "IN-6")
async def test_mcp_integration(bus):
    tools, tool = listening()
    services, service = listening()
    space = run("async def integrate_mcp_events", notify_tool_availability=tool, update_service_registry=service)
    await space["integrate_mcp_events"](bus, None)
    events = [create_test_event(event_type=f"mcp.{kind}_registered") for kind in ("tool", "subsystem")]
    for event in events:
        await bus.publish_event(event)
    await wait_until(lambda: tools and services, timeout_s=30, what="both listeners")
    assert [tools, services] == [[event.event_id] for event in events]


@pytest.mark.promise("ES-1", "ES-2", "ES-4", "ES-6", "ES-7")
async def test_event_sourcing_and_replay(bus, tmp_path):
    store = EventStore.open(tmp_path / "store.duckdb")
    space = run("implement_event_sourcing", event_store=store)
    await bus.create_topic("user_events", 1)
    await space["implement_event_sourcing"](bus)
    events = [create_test_event(correlation_id="flow") for _ in range(3)]
    for event in events:
        await bus.publish_event(event)
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"] >= 3, timeout_s=45, what="storing")
    replayed = await space["replay_events"]("flow")
    later = await space["replay_events"]("flow", from_sequence=3)
    await bus.aclose()
    store.close()
    assert [e.event_id for e in replayed] == [e.event_id for e in events]
    assert [(e.payload, e.timestamp) for e in replayed] == [(e.payload, e.timestamp) for e in events]
    assert later == replayed[2:]


def inner_functions(name, **names):
    """The functions that a function of the document defines in its body, as if they stood at the top."""
    (outer,) = [
        node for node in ast.parse(block_with(f"async def {name}")).body if isinstance(node, ast.AsyncFunctionDef)
    ]
    lifted = ast.Module([node for node in outer.body if isinstance(node, ast.AsyncFunctionDef)], [])
    space = scope(**names)
    exec(code_of(lifted), space)  # noqa: S102 - the document's code is the subject
    return space


@pytest.mark.promise("PF-1", "PF-2", "PF-3")
async def test_performance_optimization(bus):
    space = inner_functions("optimize_event_performance", event_bus=bus)
    received = []

    async def handler(event):
        received.append(event.event_id)

    ends = await space["setup_load_balanced_consumers"]("user_events", handler)
    assert len(ends) == 3
    assert len({s.delivery.consumer_group for s in bus.subscriptions}) == 1
    events = [create_test_event() for _ in range(250)]
    assert await space["batch_publish_events"](events) == [True] * 250
    await wait_until(lambda: len(received) >= 250, timeout_s=45, what="delivery")
    for end in ends:
        await end()
    assert set(received) == {event.event_id for event in events}


@pytest.mark.promise("RS-1", "RS-2", "RS-3", "RS-4", "RS-5", "RS-6", "RS-7", "ET-9")
async def test_retry_and_dead_letter_patterns(bus):
    sleep = RecordingSleep()
    tried = []

    async def process_event(event):
        tried.append(event.event_id)
        raise event_errors[event.event_id]

    space = run(
        "implement_resilient_processing", event_bus=bus, process_event=process_event,
        asyncio=types.SimpleNamespace(sleep=sleep),
    )  # fmt: skip
    await space["implement_resilient_processing"](bus)
    retried, refused = create_test_event(priority=9), create_test_event()
    event_errors = {retried.event_id: RetryableError("busy"), refused.event_id: NonRetryableError("never")}
    for event in (retried, refused):
        await bus.publish_event(event, "critical_events")
    await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"] >= 2, timeout_s=45, what="handling")
    letters = []
    for partition in await bus.partition_info("dead_letter_queue"):
        letters += await bus.consume_from_partition("dead_letter_queue", partition["id"], 0)
    assert (tried.count(retried.event_id), tried.count(refused.event_id), sleep.waits_s) == (3, 1, [2, 4])
    by_cause = {letter.metadata.causation_id: letter for letter in letters}
    assert {cause: letter.payload["error_message"] for cause, letter in by_cause.items()} == {
        retried.event_id: "busy",
        refused.event_id: "never",
    }
    assert by_cause[retried.event_id].payload["original_event"] == retried.payload
    assert {letter.metadata.environment for letter in letters} == {bus.environment}


@pytest.mark.promise("TS-1", "TS-2", "TS-3", "TS-4")
async def test_protocol_compliance_testing(bus):
    async def until_delivered(_seconds):
        await wait_until(lambda: bus.subscriptions[0].delivery.counts["handled"], timeout_s=15, what="delivery")

    space = run(
        "class TestEventBusCompliance", asyncio=types.SimpleNamespace(sleep=until_delivered),
        create_test_event=create_test_event, MockEventBusImplementation=testing.MockEventBusImplementation,
    )  # fmt: skip
    suite = space["TestEventBusCompliance"]()
    await suite.test_publish_event_success(bus)
    await suite.test_subscription_and_delivery(bus)


@pytest.mark.promise("CF-1", "CF-12")
async def test_environment_configuration(log_address):
    made = []

    def implementation(broker_urls, environment):
        bus = EventBus(open_log(broker_urls[0]), environment=environment)
        made.append(bus)
        return bus

    space = run(
        "class EventBusConfiguration", KafkaEventBusImplementation=implementation,
        RedpandaEventBusImplementation=implementation,
    )  # fmt: skip
    theirs = space["EventBusConfiguration"]
    mine = {f.name: getattr(EventBusConfiguration(), f.name) for f in dataclasses.fields(EventBusConfiguration)[:11]}
    assert {f.name: getattr(theirs(), f.name) for f in dataclasses.fields(theirs)} == mine
    assert list(mine) == [f.name for f in dataclasses.fields(theirs)]
    for backend in ("kafka", "redpanda"):
        bus = await space["create_event_bus_from_config"](theirs(backend, [log_address]))
        assert (await bus.get_topic_info("nobody_made_it"))["exists"] is False
        await bus.aclose()
