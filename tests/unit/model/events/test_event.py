"""The contract's types: fields, order, defaults, equality, copies."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
from typing import Any, Dict, List, Optional, get_args, get_type_hints  # noqa: UP035 - the contract's spellings

import pytest

from workbench.model import Record
from workbench.model.events.event import (
    ConsumedEvent,
    DefaultEnvironment,
    EventMessage,
    EventMetadata,
    EventType,
    ExtensionEventType,
    SecurityContext,
)


def shape(kind):
    return [(field.name, field.default) for field in dataclasses.fields(kind)]


REQUIRED = dataclasses.MISSING


@pytest.mark.promise("TY-1")
def test_an_event_has_six_fields_the_last_one_optional():
    assert shape(EventMessage) == [
        ("event_id", REQUIRED),
        ("event_type", REQUIRED),
        ("payload", REQUIRED),
        ("metadata", REQUIRED),
        ("timestamp", REQUIRED),
        ("security_context", None),
    ]
    hints = get_type_hints(EventMessage)
    assert hints["payload"] == Dict[str, Any]  # noqa: UP006
    assert hints["security_context"] == Optional[SecurityContext]  # noqa: UP045
    assert hints["event_type"] == EventType
    metadata = EventMetadata("svc", "flow")
    event = EventMessage("e", "user.created", {"a": 1}, metadata, "2026-01-01T00:00:00+00:00")
    same = EventMessage(
        event_id="e", event_type="user.created", payload={"a": 1}, metadata=EventMetadata("svc", "flow"),
        timestamp="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    assert event == same
    assert event != dataclasses.replace(same, payload={"a": 2})
    with pytest.raises(TypeError, match="unhashable"):
        hash(event)


@pytest.mark.promise("TY-4", "TY-7")
def test_metadata_needs_source_and_correlation():
    assert shape(EventMetadata) == [
        ("source", REQUIRED),
        ("correlation_id", REQUIRED),
        ("causation_id", None),
        ("environment", "dev"),
        ("priority", 5),
        ("ttl_seconds", None),
        ("headers", None),
    ]
    for arguments in ((), ("svc",)):
        with pytest.raises(TypeError):
            EventMetadata(*arguments)
    assert get_type_hints(EventMetadata)["headers"] == Optional[Dict[str, str]]  # noqa: UP006, UP045


@pytest.mark.promise("TY-6")
def test_the_default_environment_is_dev_and_recognisable_until_json():
    assert inspect.signature(EventMetadata).parameters["environment"].default == "dev"
    metadata = EventMetadata("svc", "flow")
    copies = {
        "deepcopy": copy.deepcopy(metadata).environment,
        "replace": dataclasses.replace(metadata, priority=1).environment,
        "asdict": dataclasses.asdict(metadata)["environment"],
        "pickle": pickle.loads(pickle.dumps(metadata)).environment,  # noqa: S301 - our own bytes
    }
    assert copies == dict.fromkeys(copies, "dev")
    assert {type(text) for text in copies.values()} == {DefaultEnvironment}
    assert (str(metadata.environment), f"{metadata.environment}", json.dumps(metadata.environment)) == (
        "dev", "dev", '"dev"',
    )  # fmt: skip
    assert type(json.loads(json.dumps(dataclasses.asdict(metadata)))["environment"]) is str
    assert type(EventMetadata("svc", "flow", environment="dev").environment) is str


@pytest.mark.promise("TY-10")
def test_a_security_context_keeps_its_token_out_of_sight():
    assert shape(SecurityContext) == [
        ("user_id", REQUIRED),
        ("tenant_id", REQUIRED),
        ("permissions", REQUIRED),
        ("token", None),
        ("ip_address", None),
    ]
    assert get_type_hints(SecurityContext)["permissions"] == List[str]  # noqa: UP006
    context = SecurityContext("u", "t", [], "tok-hidden", "::1")
    assert context.token == "tok-hidden"  # noqa: S105 - made up
    event = EventMessage("e", "user.created", {}, EventMetadata("s", "c"), "2026-01-01T00:00:00Z", context)
    assert "tok-hidden" not in f"{context!r} {context} {event!r}"


@pytest.mark.promise("TY-11", "ET-9")
def test_the_event_types_are_the_documents_28():
    assert get_args(EventType) == (
        "system.started", "system.stopped", "system.health_check",
        "workflow.created", "workflow.started", "workflow.completed",
        "workflow.failed", "workflow.cancelled", "workflow.paused",
        "task.scheduled", "task.started", "task.completed", "task.failed",
        "mcp.tool_registered", "mcp.subsystem_registered", "mcp.health_check",
        "node.registered", "node.deregistered", "node.health_update",
        "artifact.created", "artifact.updated", "artifact.deleted",
        "user.created", "user.updated", "user.deleted",
        "data.ingested", "data.processed", "data.exported",
    )  # fmt: skip
    assert get_args(ExtensionEventType) == ("system.dead_letter",)


@pytest.mark.promise("TY-1")
def test_a_consumed_event_adds_where_it_came_from_and_equals_by_the_contract():
    plain = EventMessage("e", "user.created", {}, EventMetadata("s", "c"), "2026-01-01T00:00:00Z")
    record = Record("t", 0, 7, 1_000, 0, b"k", b"v", ())
    read = ConsumedEvent(
        "e", "user.created", {}, EventMetadata("s", "c"), "2026-01-01T00:00:00Z",
        record=record, timestamp_assumed_utc=False, known_type=True, dialect="seed",
    )  # fmt: skip
    assert read == plain
    assert plain == read
    assert isinstance(read, EventMessage)
    assert [field.name for field in dataclasses.fields(ConsumedEvent) if field.kw_only] == [
        "record", "timestamp_assumed_utc", "known_type", "dialect",
    ]  # fmt: skip
    for name in ("record", "known_type", "dialect", "timestamp_assumed_utc"):
        with pytest.raises(AttributeError, match="read-only"):
            setattr(read, name, None)
    assert plain != "e"
