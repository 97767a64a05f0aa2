"""The contract's own record: body, key and headers of an `EventMessage`, both ways."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from workbench.model import HeaderList
    from workbench.model.event import EventMessage

DEFAULT_SCHEMA_VERSION = "1.0.0"
_NOT_REPEATED = frozenset({"schema_version", "partition_key"})


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """Bytes of one event, ready for a record."""

    key: bytes
    value: bytes
    headers: HeaderList


def priority_word(priority: int) -> str:
    """Say a priority of 0 to 10 in the four words that headers carry."""
    if priority <= 2:  # noqa: PLR2004 - the borders are the contract's table
        return "low"
    if priority <= 6:  # noqa: PLR2004
        return "normal"
    return "high" if priority <= 8 else "critical"  # noqa: PLR2004


def body_of(event: EventMessage, *, transmit_tokens: bool = False) -> dict[str, Any]:
    """Lay out an event as the JSON object that goes on the wire; a token is written only when told to."""
    metadata = event.metadata
    body: dict[str, Any] = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "payload": event.payload,
        "metadata": {
            "source": metadata.source,
            "correlation_id": metadata.correlation_id,
            "causation_id": metadata.causation_id,
            "environment": str(metadata.environment),
            "priority": metadata.priority,
            "ttl_seconds": metadata.ttl_seconds,
            "headers": metadata.headers,
        },
        "timestamp": event.timestamp,
        "security_context": None,
    }
    context = event.security_context
    if context is not None:
        secured: dict[str, Any] = {
            "user_id": context.user_id,
            "tenant_id": context.tenant_id,
            "permissions": context.permissions,
            "token": context.token if transmit_tokens else None,
            "ip_address": context.ip_address,
        }
        if context.token is not None and not transmit_tokens:
            secured["token_redacted"] = True
        body["security_context"] = secured
    return body


def encode_event(event: EventMessage, *, transmit_tokens: bool = False) -> EncodedEvent:
    """Encode a valid event: UTF-8 JSON body, key, and each identity repeated in a header."""
    metadata = event.metadata
    extra = metadata.headers or {}
    headers: list[tuple[str, str | None]] = [
        ("content_type", "application/json"),
        ("message_id", event.event_id),
        ("correlation_id", metadata.correlation_id),
        ("causation_id", metadata.causation_id),
        ("event_type", event.event_type),
        ("source", metadata.source),
        ("environment", str(metadata.environment)),
        ("schema_version", extra.get("schema_version", DEFAULT_SCHEMA_VERSION)),
        ("timestamp", event.timestamp),
        ("priority", priority_word(metadata.priority)),
        ("ttl_seconds", None if metadata.ttl_seconds is None else str(metadata.ttl_seconds)),
        *((name, text) for name, text in extra.items() if name not in _NOT_REPEATED),
    ]
    return EncodedEvent(
        key=extra.get("partition_key", metadata.correlation_id).encode(),
        value=orjson.dumps(body_of(event, transmit_tokens=transmit_tokens)),
        headers=tuple((name.encode(), text.encode()) for name, text in headers if text is not None),
    )


def encode_bytes(raw: bytes | None) -> str | None:
    """Base64 text of raw bytes, for a JSON payload that must carry them."""
    return None if raw is None else base64.b64encode(raw).decode("ascii")
