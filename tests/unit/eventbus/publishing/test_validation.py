"""Every fault of an event is named at once, and nothing is mutated."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import pydantic
import pytest

from workbench.errors import ValidationError
from workbench.eventbus.names import Namespace, default_route
from workbench.eventbus.publishing.validation import EventRules
from workbench.model.events.event import EventMessage, EventMetadata, SecurityContext

RULES = EventRules("dev")


def event(**changes: Any) -> EventMessage:
    base = EventMessage("e-1", "user.created", {"n": 1}, EventMetadata("svc", "flow-1"), "2026-03-01T10:00:00+00:00")
    return replace(base, **changes)


def metadata(**changes: Any) -> EventMessage:
    return event(metadata=replace(EventMetadata("svc", "flow-1"), **changes))


def secured(**changes: Any) -> EventMessage:
    return event(security_context=replace(SecurityContext("u", "t", []), **changes))


def paths_of(bad: object, rules: EventRules = RULES) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        rules.check(bad)
    return [path for path, _, _ in caught.value.errors]


CYCLE: dict[str, Any] = {}
CYCLE["self"] = [CYCLE]
DEEP: dict[str, Any] = {}
for _ in range(101):
    DEEP = {"d": DEEP}


@pytest.mark.promise("PB-4", "TY-2", "TY-3", "TY-4", "TY-7", "TY-10", "BP-3", "SF-1", "SF-3")
@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (event(event_id=""), "event_id"),
        (event(event_id=" "), "event_id"),
        (event(event_id="a\x00b"), "event_id"),
        (event(event_id="x" * 257), "event_id"),
        (event(event_id=7), "event_id"),
        (event(event_type="user.creatd"), "event_type"),
        (event(payload=[1]), "payload"),
        (event(payload={"a": float("nan")}), "payload.a"),
        (event(payload={"a": [1, {"b": float("inf")}]}), "payload.a[1].b"),
        (event(payload={"a": {1, 2}}), "payload.a"),
        (event(payload={"a": b"x"}), "payload.a"),
        (event(payload={1: "x"}), "payload.1"),
        (event(payload={"a": "\ud800"}), "payload.a"),
        (event(payload={"a": 2**64}), "payload.a"),
        (event(payload=CYCLE), "payload.self[0]"),
        (event(payload=DEEP), "payload" + ".d" * 100),
        (event(timestamp="yesterday"), "timestamp"),
        (event(timestamp="2026-03-01"), "timestamp"),
        (event(metadata={"source": "svc", "correlation_id": "c"}), "metadata"),
        (metadata(source=" "), "metadata.source"),
        (metadata(correlation_id=""), "metadata.correlation_id"),
        (metadata(causation_id=""), "metadata.causation_id"),
        (metadata(environment="prod"), "metadata.environment"),
        (metadata(environment=""), "metadata.environment"),
        (metadata(priority=-1), "metadata.priority"),
        (metadata(priority=11), "metadata.priority"),
        (metadata(priority=True), "metadata.priority"),
        (metadata(priority=5.0), "metadata.priority"),
        (metadata(ttl_seconds=0), "metadata.ttl_seconds"),
        (metadata(headers={"": "x"}), "metadata.headers"),
        (metadata(headers={"message_id": "x"}), "metadata.headers"),
        (metadata(headers={"n" * 257: "x"}), "metadata.headers"),
        (metadata(headers={"schema_version": "1"}), "metadata.headers"),
        (metadata(headers={"a": 1}), "metadata.headers.a"),
        (secured(user_id=""), "security_context.user_id"),
        (secured(tenant_id=" "), "security_context.tenant_id"),
        (secured(permissions=[""]), "security_context.permissions.0"),
        (secured(permissions="write"), "security_context.permissions"),
        (secured(ip_address="300.1.1.1"), "security_context.ip_address"),
        ("no event", ""),
    ],
)
def test_each_rule_names_its_path(bad, path):
    assert path in paths_of(bad)


@pytest.mark.promise("TY-2", "TY-3", "TY-7", "BP-3")
@pytest.mark.parametrize(
    "good",
    [
        event(),
        event(payload={"ü": [1, -(2**63), 2**64 - 1, 1.5, None, True, {"a": {}}], "empty": ""}),
        event(timestamp="2026-03-01T10:00:00"),
        metadata(priority=0, ttl_seconds=1, headers={"schema_version": "2.0.0-rc.1", "partition_key": "k", "x": "y"}),
        metadata(priority=10, environment="dev"),
        secured(ip_address="::1", permissions=["a", "b"]),
        event(event_type="system.dead_letter"),
    ],
)
def test_what_the_contract_allows_passes_and_stays_as_it_was(good):
    before = copy.deepcopy(good)
    RULES.check(good)
    assert good == before


@pytest.mark.promise("PB-4", "ER-2")
def test_all_faults_are_listed_and_pydantic_is_only_the_cause():
    bad = EventMessage("", "nope", {"x": {1}}, EventMetadata("", "", priority=12), "now")  # type: ignore[arg-type]
    with pytest.raises(ValidationError) as caught:
        RULES.check(bad)
    error = caught.value
    assert {path for path, _, _ in error.errors} == {
        "event_id", "event_type", "payload.x", "metadata.source", "metadata.correlation_id", "metadata.priority",
        "timestamp",
    }  # fmt: skip
    assert isinstance(error.__cause__, pydantic.ValidationError)
    assert not isinstance(error, pydantic.ValidationError)
    assert pickle.loads(pickle.dumps(error)).errors == error.errors  # noqa: S301 - our own bytes


def test_a_token_never_reaches_the_message_or_the_cause():
    bad = event(event_id="", security_context=SecurityContext("", "t", [], token="tok-secret"))  # noqa: S106
    with pytest.raises(ValidationError) as caught:
        RULES.check(bad)
    assert "tok-secret" not in f"{caught.value} {caught.value.__cause__} {caught.value.errors}"


def test_a_bus_can_require_a_security_context_and_know_more_types():
    rules = EventRules("dev", frozenset({"order.placed"}), require_security_context=True)
    assert paths_of(event(event_type="order.placed"), rules) == ["security_context"]


def test_names():
    space = Namespace("onex", "prod")
    assert space.physical("user_events") == "onex.prod.user_events"
    assert space.physical("raw:onex.evt.platform.x.v1") == "onex.evt.platform.x.v1"
    assert space.logical("onex.prod.user_events") == "user_events"
    assert space.logical("other.topic") == "raw:other.topic"
    for bad in ("", ".", "..", "a b", "x" * 201, "ü", "raw:"):
        with pytest.raises(ValueError, match=r"name|characters"):
            space.physical(bad)
    assert default_route("user.created") == "user_events"
    assert default_route("system.dead_letter") == "dead_letter_queue"
    pattern = space.all_events()
    assert pattern.match("onex.prod.user_events")
    for other in (
        "onex.dev.user_events",
        "onex.prod.dead_letter_queue",
        "onex.prod.x.replay.0123abcd",
        "__consumer_offsets",
    ):
        assert not pattern.match(other)
