"""The bodies and headers of ONEX, in its dialects."""

from __future__ import annotations

from typing import Any

from variants.rows import Row, Values, dumped, texts, variant

TOPIC = "onex.evt.platform.node-registered.v1"


def standard(values: Values, at: int, correlation: str, message: str) -> dict[str, str]:
    return {
        "content_type": "application/json",
        "correlation_id": correlation,
        "message_id": message,
        "timestamp": values.time(at),
        "source": "svc",
        "event_type": "platform.node-registered",
        "schema_version": "1.0.0",
        "priority": "normal",
        "retry_count": "0",
        "max_retries": "3",
    }


def envelope(values: Values, at: int) -> dict[str, Any]:
    return {
        "payload": values.order(at, 10),
        "envelope_id": values.id(),
        "envelope_timestamp": values.time(at),
        "correlation_id": values.id(),
        "parent_envelope_id": values.id(),
        "source_tool": f"registry.{at % 7}",
        "target_tool": None,
        "metadata": {"trace_id": None, "tags": {"causation_id": values.id(), "service_name": "svc"}, "headers": {}},
        "security_context": {"user_id": values.id()},
        "event_type": "platform.node-registered",
        "priority": 5,
        "tenant_id": "acme",
        "onex_version": {"major": 1, "minor": 2, "patch": 3},
    }


def _both(values: Values, at: int, body: dict[str, Any], **more: str) -> Row:
    headers = standard(values, at, body["correlation_id"], more.pop("message_id", body["envelope_id"]))
    return texts({**headers, **more}), dumped(body)


@variant("onex", "event_envelope, all, headers", 363_627, topic=TOPIC)
def envelope_all(values: Values, at: int) -> Row:
    return _both(values, at, envelope(values, at), parent_message_id=values.id())


@variant("onex", "event_envelope, mix, headers", 355_651, topic=TOPIC)
def envelope_mix(values: Values, at: int) -> Row:
    needed = ("payload", "envelope_id", "envelope_timestamp", "correlation_id", "metadata", "event_type")
    return _both(values, at, values.some(envelope(values, at), *needed))


@variant("onex", "event_envelope, no headers", 416_600, topic=TOPIC)
def envelope_alone(values: Values, at: int) -> Row:
    return [], dumped(envelope(values, at))


@variant("onex", "event_envelope, other message_id (S1)", 298_223, topic=TOPIC)
def envelope_two_ids(values: Values, at: int) -> Row:
    return _both(values, at, envelope(values, at), message_id=values.id())


@variant("onex", "headers_only, JSON body", 1_651_428, topic=TOPIC)
def headers_only(values: Values, at: int) -> Row:
    return texts(standard(values, at, values.id(), values.id())), dumped(values.order(at, 40))


@variant("onex", "with trace_id/span_id headers", 167_048, topic=TOPIC)
def with_trace(values: Values, at: int) -> Row:
    return _both(values, at, envelope(values, at), trace_id=values.digits(32), span_id=values.digits(16))


@variant("onex", "model_envelope", 554_257, topic=TOPIC)
def model_envelope(values: Values, at: int) -> Row:
    names = ("message_id", "correlation_id", "causation_id")
    made: dict[str, Any] = {name: values.id() for name in names}
    return [], dumped({**made, "emitted_at": values.time(at), "entity_id": f"node-{at % 50}"})


@variant("onex", "message_envelope signed", 334_592, topic=TOPIC)
def signed(values: Values, at: int) -> Row:
    identity = {"env": "staging", "service": "router", "node_name": "n", "version": "1"}
    made = {
        "realm": "staging",
        "runtime_id": "rt-1",
        "bus_id": "b-1",
        "trace_id": values.id(),
        "causality_id": values.id(),
        "emitted_at": values.time(at),
        "tenant_id": "acme",
        "emitter_identity": identity,
        "signature": {"algorithm": "ed25519", "value": values.digits(128)},
        "payload": values.order(at, 10),
    }
    headers = standard(values, at, values.id(), values.id())
    names = ("correlation_id", "message_id", "event_type", "schema_version")
    return texts({name: headers[name] for name in names}), dumped(made)


@variant("onex", "hook", 1_344_492, topic="onex.evt.omniclaude.tool-used.v1")
def hook(values: Values, at: int) -> Row:
    ids = {"correlation_id": values.id(), "causation_id": values.id()}
    return [], dumped({"tool": "grep", **ids, "emitted_at": values.time(at), "schema_version": "1"})


@variant("onex", "gateway", 756_532, topic=f"acme-7.{TOPIC}")
def gateway(values: Values, at: int) -> Row:
    made = {
        "tenant_id": "acme",
        "tenant_slug": "acme-7",
        "envelope_id": values.id(),
        "correlation_id": values.id(),
        "causation_id": values.id(),
        "event_type": "platform.node-registered",
        "source_topic": TOPIC,
        "wire_topic": f"acme-7.{TOPIC}",
        "canonical_topic": TOPIC,
        "payload": {"n": at},
    }
    return [], dumped(made)


@variant("onex", "dead letters (dlq)", 2_189, topic="onex.dlq.omnibase-infra.events.v1")
def dead_letters(values: Values, at: int) -> Row:
    correlation = values.id()
    original = {
        "message_id": values.id(),
        "key": None,
        "value": dumped({"envelope_id": values.id(), "correlation_id": correlation, "payload": {}}).decode(),
        "offset": str(at),
        "partition": at % 6,
    }
    body = {
        "original_topic": TOPIC,
        "original_message": original,
        "failure_reason": "ValueError: bad",
        "failure_timestamp": values.time(at),
        "correlation_id": correlation,
        "retry_count": 3,
        "error_type": "ValueError",
    }
    headers = standard(values, at, correlation, values.id()) | {"event_type": "dlq_message", "original_topic": TOPIC}
    return texts(headers), dumped(body)
