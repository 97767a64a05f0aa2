"""Encodes an `EventMessage` to the body, key and headers of a record, and decodes it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import orjson

from workbench.model.events.event import (
    DEFAULT_ENVIRONMENT,
    ConsumedEvent,
    EventMetadata,
    EventType,
    ExtensionEventType,
    SecurityContext,
    UndecodableRecord,
)

if TYPE_CHECKING:
    from workbench.model import HeaderList, Record
    from workbench.model.events.event import EventMessage

T = TypeVar("T")

DEFAULT_SCHEMA_VERSION = "1.0.0"
PRIORITY_OF_WORD = {"low": 1, "normal": 5, "high": 7, "critical": 9}
"""Priorities by the word that records carry."""

_KNOWN_TYPES = frozenset(get_args(EventType)) | frozenset(get_args(ExtensionEventType))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_REPEATED = frozenset({"schema_version", "partition_key"})


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """Bytes of one event, ready for a record."""

    key: bytes
    value: bytes
    headers: HeaderList


def priority_word(priority: int) -> str:
    """Return the word that headers carry for a priority of 0 to 10."""
    if priority <= 2:  # noqa: PLR2004 - the borders are the contract's table
        return "low"
    if priority <= 6:  # noqa: PLR2004
        return "normal"
    return "high" if priority <= 8 else "critical"  # noqa: PLR2004


def body_of(event: EventMessage, *, transmit_tokens: bool = False) -> dict[str, Any]:
    """Return the JSON object of an event as it is written; a token is included only when told to."""
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
    """Return the Base64 text of raw bytes, for a JSON payload that must carry them."""
    return None if raw is None else base64.b64encode(raw).decode("ascii")


def decode_event(record: Record) -> ConsumedEvent | UndecodableRecord:
    """Read a record as an event of the contract; what is malformed comes back as a value with the reason.

    Unknown keys are ignored and any text is accepted as event type (``known_type`` says whether the contract has it).
    Bodies with the metadata's fields at top level (dialect ``seed_flat``) are read too.
    """
    if record.value is None:
        return UndecodableRecord(record, "tombstone: the record has no value")
    try:
        body = orjson.loads(record.value.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        return UndecodableRecord(record, f"the value is no JSON: {error.msg}", f"value[{error.pos}]")
    if not isinstance(body, dict):
        return UndecodableRecord(record, f"the value is a JSON {type(body).__name__}, not an object", "value")
    flat = not isinstance(body.get("metadata"), dict)
    try:
        return _event_of(record, body, body if flat else body["metadata"], "seed_flat" if flat else "seed")
    except _MalformedError as fault:
        return UndecodableRecord(record, str(fault), fault.path)


def header_disagreements(event: ConsumedEvent) -> tuple[str, ...]:
    """Return the names of identity headers that differ from the body, which wins."""
    said = {name.decode("utf-8", "replace"): value for name, value in event.record.headers if value is not None}
    meant = {
        "message_id": event.event_id,
        "correlation_id": event.metadata.correlation_id,
        "causation_id": event.metadata.causation_id,
        "event_type": event.event_type,
        "source": event.metadata.source,
    }
    return tuple(name for name, text in meant.items() if name in said and said[name] != (text or "").encode())


class _MalformedError(Exception):
    """A field of a body that cannot be what it should be."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path} {message}")
        self.path = path


def _event_of(record: Record, body: dict[str, Any], meta: dict[str, Any], dialect: str) -> ConsumedEvent:
    at = "metadata." if dialect == "seed" else ""
    timestamp = _text(body, "timestamp", "")
    try:
        stamped = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise _MalformedError("timestamp", "is no ISO 8601 time") from error
    payload = body.get("payload")
    if not isinstance(payload, dict):
        raise _MalformedError("payload", "is not an object")
    event_type = _text(body, "event_type", "")
    return ConsumedEvent(
        event_id=_text(body, "event_id", ""),
        event_type=event_type,  # type: ignore[arg-type]  # any text is accepted on read
        payload=payload,
        metadata=EventMetadata(
            source=_text(meta, "source", at),
            correlation_id=_text(meta, "correlation_id", at),
            causation_id=_optional(meta, "causation_id", str, at),
            environment=_optional(meta, "environment", str, at) or DEFAULT_ENVIRONMENT,
            priority=_priority(meta.get("priority"), at),
            ttl_seconds=_optional(meta, "ttl_seconds", int, at),
            headers=_header_texts(meta.get("headers"), at),
        ),
        timestamp=timestamp,
        security_context=_security(body.get("security_context")),
        record=record,
        timestamp_assumed_utc=stamped.tzinfo is None,
        known_type=event_type in _KNOWN_TYPES,
        dialect=dialect,
    )


def _text(body: dict[str, Any], name: str, at: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _MalformedError(at + name, "is missing, blank or no text")
    return value


def _optional(body: dict[str, Any], name: str, kind: type[T], at: str) -> T | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise _MalformedError(at + name, f"is no {kind.__name__}")
    return value


def _priority(value: object, at: str) -> int:
    if value is None:
        return 5
    if isinstance(value, str) and value in PRIORITY_OF_WORD:
        return PRIORITY_OF_WORD[value]
    if isinstance(value, bool) or not isinstance(value, int):
        raise _MalformedError(at + "priority", "is neither an integer nor a priority word")
    return value


def _header_texts(value: object, at: str) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _MalformedError(at + "headers", "is no object of texts")
    return value


def _security(value: object) -> SecurityContext | None:
    if value is None:
        return None
    at = "security_context."
    if not isinstance(value, dict):
        raise _MalformedError("security_context", "is not an object")
    permissions = value.get("permissions")
    if not isinstance(permissions, list) or not all(isinstance(text, str) for text in permissions):
        raise _MalformedError(at + "permissions", "is no list of texts")
    return SecurityContext(
        user_id=_text(value, "user_id", at),
        tenant_id=_text(value, "tenant_id", at),
        permissions=permissions,
        token=_optional(value, "token", str, at),
        ip_address=_optional(value, "ip_address", str, at),
    )
