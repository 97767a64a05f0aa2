"""Reflection: which members the protocols have, and what satisfies them."""

from __future__ import annotations

import inspect
import typing
from typing import get_type_hints

import pytest

import workbench
from workbench import eventbus as contract
from workbench.eventbus import protocols
from workbench.eventbus.bus import EventBus

MEMBERS = {
    "ProtocolEventBus": ["get_topic_info", "publish_event", "subscribe_to_topic"],
    "ProtocolKafkaAdapter": ["consume_from_partition", "create_topic", "publish_to_partition"],
    "ProtocolRedpandaAdapter": ["create_materialized_view", "register_schema"],
    "ProtocolWorkflowEventBus": ["publish_workflow_event"],
    "ProtocolMCPRegistry": ["refresh"],
}


def found_protocols():
    return {
        name: value
        for module in (contract, protocols)
        for name, value in vars(module).items()
        if inspect.isclass(value) and getattr(value, "_is_protocol", False) and not name.startswith("_")
        and value is not typing.Protocol
    }  # fmt: skip


@pytest.mark.promise("SF-2", "PB-1", "KA-1")
def test_all_protocols_are_runtime_checkable_and_hold_only_the_documents_members():
    found = found_protocols()
    assert set(found) == set(MEMBERS)
    for name, protocol in found.items():
        assert protocol._is_runtime_protocol, name
        assert sorted(member for member in vars(protocol) if not member.startswith("_")) == MEMBERS[name]


@pytest.mark.promise("PB-1", "KA-1", "SF-2")
@pytest.mark.parametrize("name", ["ProtocolEventBus", "ProtocolKafkaAdapter"])
def test_what_lacks_one_method_does_not_satisfy(name):
    protocol = getattr(contract, name)

    async def method(self):
        pass

    whole = type("Whole", (), dict.fromkeys(MEMBERS[name], method))
    assert isinstance(whole(), protocol)
    for missing in MEMBERS[name]:
        stub = type("Stub", (), {member: method for member in MEMBERS[name] if member != missing})
        assert not isinstance(stub(), protocol)


@pytest.mark.promise("PB-2", "PB-6", "PB-9", "KA-2", "KA-3", "KA-5", "SF-4")
@pytest.mark.parametrize(
    ("name", "method"),
    [(name, method) for name in ("ProtocolEventBus", "ProtocolKafkaAdapter") for method in MEMBERS[name]],
)
def test_our_bus_has_the_protocols_signatures(name, method):
    wanted, ours = getattr(getattr(contract, name), method), getattr(EventBus, method)
    shape = [(p.name, p.kind, p.default) for p in inspect.signature(wanted).parameters.values()]
    assert [(p.name, p.kind, p.default) for p in inspect.signature(ours).parameters.values()] == shape
    assert get_type_hints(ours) == get_type_hints(wanted)
    assert inspect.iscoroutinefunction(ours)


@pytest.mark.promise("SF-4")
def test_every_public_function_of_the_contract_is_annotated():
    for name in contract.__all__:
        value = getattr(contract, name)
        functions = (
            [value] if inspect.isfunction(value) else [f for _, f in inspect.getmembers(value, inspect.isfunction)]
        )
        for function in functions:
            if function.__module__.startswith("workbench") and not function.__name__.startswith("_"):
                signature = inspect.signature(function)
                bare = [p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name != "self"]
                assert not bare, f"{name}.{function.__name__}: {bare}"
                assert signature.return_annotation is not signature.empty, f"{name}.{function.__name__}"


@pytest.mark.promise("SF-4")
def test_the_package_ships_its_types():
    from importlib.resources import files

    assert files("workbench").joinpath("py.typed").is_file()


def test_all_of_the_contract_can_be_had_from_the_package():
    names = [
        *MEMBERS, "EventMessage", "EventMetadata", "SecurityContext", "EventType", "ExtensionEventType", "AnyEventType",
        "ConsumedEvent", "UndecodableRecord", "EventBusConfiguration", "create_event_bus_from_config",
        "batch_publish_events", "publish_batch_outcomes", "setup_load_balanced_consumers", "resilient_handler",
        "send_to_dead_letter_queue", "WorkflowEventBusIntegration", "integrate_mcp_events", "EventStore",
        "EventSourcing", "reconstruct_event_message", "replay_events", "SequenceConflictError",
    ]  # fmt: skip
    for name in names:
        assert getattr(workbench, name) is not None
        assert name in workbench._HOME_OF
