"""Makes dead letters: they hold everything to rebuild the failed record byte for byte, except security tokens."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.contract import DEFAULT_SCHEMA_VERSION, body_of, encode_bytes
from workbench.decoding.fingerprint import fingerprint
from workbench.model.events.event import ConsumedEvent, EventMessage, EventMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.eventbus.failures.policy import Failure
    from workbench.model import Record

DLQ_SCHEMA_VERSION = "1.0.0"
_TOKEN = re.compile(rb'"token"\s*:\s*"')
"""Finds a token in a body that cannot be decoded; the bytes of such a body are left out of its dead letter."""
MAX_MESSAGE_CHARS = 10_000


def dead_letter_of(
    event: EventMessage,
    error_message: str,
    *,
    failure: Failure | None = None,
    attempts: int = 1,
    consumer_group: str | None = None,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> EventMessage:
    """Make the dead letter of an event that could not be handled."""
    record = event.record if isinstance(event, ConsumedEvent) else None
    redacted = ["security_context.token"] if event.security_context and event.security_context.token else []
    message = body_of(event)
    payload = {
        "original_event": event.payload,
        **_failure_facts(error_message, failure, attempts, consumer_group),
        "original_message": message,
        **_position_facts(record, keep_value=not redacted),
        "redacted": redacted + (["original_value_b64"] if redacted and record is not None else []),
    }
    metadata = event.metadata
    version = (metadata.headers or {}).get("schema_version", DEFAULT_SCHEMA_VERSION)
    return EventMessage(
        event_id=new_id(),
        event_type="system.dead_letter",  # type: ignore[arg-type]  # the contract's extension
        payload=payload,
        metadata=EventMetadata(
            source="error_handler",
            correlation_id=metadata.correlation_id,
            causation_id=event.event_id,
            environment=metadata.environment,
            priority=metadata.priority,
            headers=_routing_headers(record, version),
        ),
        timestamp=datetime.now(UTC).isoformat(),
    )


def dead_letter_of_record(
    record: Record,
    reason: str,
    *,
    environment: str,
    consumer_group: str | None = None,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> EventMessage:
    """Make the dead letter of a record that is no event; its position replaces the correlation id it does not have."""
    said = {name: value for name, value in record.headers if value}
    holds_token = _TOKEN.search(record.value or b"") is not None
    correlation = said.get(b"correlation_id", b"").decode("utf-8", "replace").strip() or record.position
    return EventMessage(
        event_id=new_id(),
        event_type="system.dead_letter",  # type: ignore[arg-type]  # the contract's extension
        payload={
            "original_event": None,
            **_failure_facts(reason, None, 1, consumer_group, error_type="UndecodableRecord"),
            "original_message": None,
            **_position_facts(record, keep_value=not holds_token),
            "redacted": ["original_value_b64"] if holds_token else [],
        },
        metadata=EventMetadata(
            source="error_handler",
            correlation_id=correlation[:256],
            environment=environment,
            headers=_routing_headers(record, DEFAULT_SCHEMA_VERSION),
        ),
        timestamp=datetime.now(UTC).isoformat(),
    )


def _failure_facts(
    message: str,
    failure: Failure | None,
    attempts: int,
    group: str | None,
    *,
    error_type: str | None = None,
) -> dict[str, Any]:
    now = datetime.now(UTC)
    name = error_type or (type(failure.error).__name__ if failure else "Error")
    return {
        "error_message": message[:MAX_MESSAGE_CHARS],
        "failed_at": now.isoformat(),
        "error_type": name,
        "error_fingerprint": fingerprint(name, message),
        "attempts": failure.attempts if failure else attempts,
        "first_failed_at": (failure.first_failed_at if failure else now).isoformat(),
        "consumer_group": group,
        "dlq_schema_version": DLQ_SCHEMA_VERSION,
    }


def _position_facts(record: Record | None, *, keep_value: bool) -> dict[str, Any]:
    if record is None:
        return dict.fromkeys(
            (
                "original_topic",
                "original_partition",
                "original_offset",
                "original_timestamp_ms",
                "original_key_b64",
                "original_value_b64",
                "original_headers",
            ),
        )
    return {
        "original_topic": record.topic,
        "original_partition": record.partition,
        "original_offset": record.offset,
        "original_timestamp_ms": record.timestamp_ms,
        "original_key_b64": encode_bytes(record.key),
        "original_value_b64": encode_bytes(record.value) if keep_value else None,
        "original_headers": [[encode_bytes(name), encode_bytes(value)] for name, value in record.headers],
    }


def _routing_headers(record: Record | None, version: str) -> dict[str, str]:
    headers = {"schema_version": version}
    if record is not None and record.key is not None:
        headers["partition_key"] = record.key.decode("utf-8", "replace")
    return headers
