"""Checks events against the contract: reports every fault at once, before any I/O, and changes nothing."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, get_args

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workbench.errors import ValidationError
from workbench.model.events.event import (
    DefaultEnvironment,
    EventMessage,
    EventMetadata,
    EventType,
    ExtensionEventType,
    SecurityContext,
)
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 100
KNOWN_TYPES = frozenset(get_args(EventType)) | frozenset(get_args(ExtensionEventType))
RESERVED_HEADERS = frozenset(
    {
        "content_type",
        "message_id",
        "correlation_id",
        "causation_id",
        "event_type",
        "source",
        "environment",
        "timestamp",
        "priority",
        "ttl_seconds",
        "traceparent",
        "tracestate",
    },
)
"""Header names that the bus writes itself; events may set `schema_version` and `partition_key`."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_MAX_HEADER_NAME_BYTES = 256


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    if not value.isascii() and _SURROGATE.search(value):
        raise ValueError("holds a lone surrogate, which has no UTF-8")
    return value


def _identity(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    return value


def _iso_time(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be an ISO 8601 date and time") from error
    if "T" not in value.upper() and " " not in value:
        raise ValueError("must hold a time besides the date")
    return value


def _address(value: str) -> str:
    ipaddress.ip_address(value)
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    faults = []
    for name in value:
        if not name or len(name.encode("utf-8", "replace")) > _MAX_HEADER_NAME_BYTES:
            faults.append(f"{name[:40]!r} has no name of 1 to {counted(_MAX_HEADER_NAME_BYTES, 'byte')}")
        elif name in RESERVED_HEADERS:
            faults.append(f"{name!r} is written by the bus itself")
    version = value.get("schema_version")
    if version is not None and not _SEMVER.fullmatch(version):
        faults.append(f"schema_version {version[:40]!r} is no semantic version (1.0.0)")
    if faults:
        raise ValueError("; ".join(faults))
    return value


Text = Annotated[str, AfterValidator(_text)]
Identity = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_text), AfterValidator(_identity)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class _Metadata(_Strict):
    source: Text
    correlation_id: Identity
    causation_id: Identity | None
    environment: Text
    priority: Annotated[int, Field(ge=0, le=10)]
    ttl_seconds: Annotated[int, Field(ge=1)] | None
    headers: Annotated[dict[str, Text], AfterValidator(_headers)] | None


class _Security(_Strict):
    user_id: Text
    tenant_id: Text
    permissions: list[Text]
    token: str | None
    ip_address: Annotated[str, AfterValidator(_address)] | None


class _Event(_Strict):
    event_id: Identity
    event_type: str
    payload: dict[Any, Any]
    metadata: _Metadata
    timestamp: Annotated[Text, AfterValidator(_iso_time)]
    security_context: _Security | None


@dataclass(frozen=True, slots=True)
class EventRules:
    """Checks events against the contract and the rules of one bus."""

    environment: str
    extra_event_types: frozenset[str] = frozenset()
    require_security_context: bool = False

    def check(self, event: object) -> None:
        """Check an event; one error lists all of its faults.

        Raises:
            ValidationError: ``errors`` lists ``(path, message, type of the value)``; pydantic's error is chained.
        """
        if not isinstance(event, EventMessage):
            raise ValidationError(
                f"An EventMessage was expected, not {type(event).__name__}; nothing was sent.",
                errors=[("", "must be an EventMessage", type(event).__name__)],
            )
        faults, cause = _typed_faults(event)
        faults.extend(self._ruled_faults(event))
        if isinstance(event.payload, dict):
            faults.extend((path, message, kind) for path, message, kind in payload_faults(event.payload))
        if faults:
            listed = "; ".join(f"{path or 'event'}: {message}" for path, message, _ in faults)
            raise ValidationError(
                f"Event {str(event.event_id)[:80]!r} breaks the contract and was not sent: {listed}.",
                errors=faults,
            ) from cause

    def _ruled_faults(self, event: EventMessage) -> Iterator[tuple[str, str, str]]:
        if isinstance(event.event_type, str) and event.event_type not in KNOWN_TYPES | self.extra_event_types:
            yield "event_type", f"{event.event_type[:80]!r} is no event type of the contract or of this bus", "str"
        environment = getattr(event.metadata, "environment", None)
        given = isinstance(environment, str) and not isinstance(environment, DefaultEnvironment)
        if given and environment != self.environment:
            message = f"this bus publishes to {self.environment!r}, the event says {str(environment)[:80]!r}"
            yield "metadata.environment", message, "str"
        if self.require_security_context and event.security_context is None:
            yield "security_context", "is required by this bus", "NoneType"


def _typed_faults(event: EventMessage) -> tuple[list[tuple[str, str, str]], pydantic.ValidationError | None]:
    fields = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "payload": event.payload if not isinstance(event.payload, dict) else {},
        "metadata": _fields_of(event.metadata, EventMetadata),
        "timestamp": event.timestamp,
        "security_context": _fields_of(event.security_context, SecurityContext),
    }
    try:
        _Event.model_validate(fields)
    except pydantic.ValidationError as error:
        return [
            (
                ".".join(str(part) for part in fault["loc"]),
                fault["msg"].removeprefix("Value error, "),
                type(fault["input"]).__name__,
            )
            for fault in error.errors(include_url=False, include_context=False)
        ], error
    return [], None


def _fields_of(value: Any, kind: type[EventMetadata | SecurityContext]) -> Any:
    """Return the fields of a dataclass of the contract; anything else becomes a value that no model accepts."""
    if isinstance(value, kind):
        return dict(vars(value))
    return None if value is None else [type(value).__name__]


def payload_faults(payload: dict[Any, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the path, message and type of each part of a payload that JSON cannot hold."""
    # A stack instead of recursion: a payload nested too deep must be a fault, not a RecursionError.
    stack: list[tuple[str, Any, int, tuple[int, ...]]] = [("payload", payload, 0, ())]
    while stack:
        path, value, depth, above = stack.pop()
        if isinstance(value, dict | list | tuple):
            if id(value) in above:
                yield path, "contains itself", type(value).__name__
            elif depth >= MAX_DEPTH:
                yield path, f"is nested deeper than {MAX_DEPTH}", type(value).__name__
            else:
                yield from _push_members(stack, path, value, depth, (*above, id(value)))
        elif (message := _scalar_fault(value)) is not None:
            yield path, message, type(value).__name__


def _push_members(
    stack: list[tuple[str, Any, int, tuple[int, ...]]],
    path: str,
    value: dict[Any, Any] | list[Any] | tuple[Any, ...],
    depth: int,
    above: tuple[int, ...],
) -> Iterator[tuple[str, str, str]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(value, dict):
            if not isinstance(name, str):
                yield f"{path}.{name!r}", "has a key that is no text", type(name).__name__
                continue
            if (message := _scalar_fault(name)) is not None:
                yield f"{path}.{name!a}", f"has a key that {message}", "str"
                continue
        child = f"{path}.{name}" if isinstance(value, dict) else f"{path}[{name}]"
        stack.append((child, member, depth + 1, above))


def _scalar_fault(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**64 else "is an integer beyond 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "is no finite number"
    if isinstance(value, str):
        broken = not value.isascii() and _SURROGATE.search(value)
        return "holds a lone surrogate, which has no UTF-8" if broken else None
    return "is no JSON value"
