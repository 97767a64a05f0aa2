"""Defines the event classes of the event-bus contract.

Fields, order, defaults and typing spellings are part of the promise (``typing.get_type_hints`` must report them), so
the older ``Dict``/``Optional`` spellings stay. Validation happens at the edge of a bus, not in these constructors.
"""
# ruff: noqa: UP006, UP007, UP035, UP045 - the spellings are the contract's

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Literal, Optional, Union

from workbench.model.records.record import Record  # noqa: TC001 - type hints of these classes are read at run time

EventType = Literal[
    "system.started",
    "system.stopped",
    "system.health_check",
    "workflow.created",
    "workflow.started",
    "workflow.completed",
    "workflow.failed",
    "workflow.cancelled",
    "workflow.paused",
    "task.scheduled",
    "task.started",
    "task.completed",
    "task.failed",
    "mcp.tool_registered",
    "mcp.subsystem_registered",
    "mcp.health_check",
    "node.registered",
    "node.deregistered",
    "node.health_update",
    "artifact.created",
    "artifact.updated",
    "artifact.deleted",
    "user.created",
    "user.updated",
    "user.deleted",
    "data.ingested",
    "data.processed",
    "data.exported",
]
"""The 28 event types of the contract."""

ExtensionEventType = Literal["system.dead_letter"]
"""Published by the contract's own examples, though not one of its event types."""

AnyEventType = Union[EventType, ExtensionEventType]


class DefaultEnvironment(str):
    """The default ``"dev"``: equal to the text, but told apart by its type, and replaced on publish."""

    __slots__ = ()


DEFAULT_ENVIRONMENT = DefaultEnvironment("dev")


@dataclass
class EventMetadata:
    """Metadata of an event: publisher, correlation, cause, environment and priority."""

    source: str
    correlation_id: str
    causation_id: Optional[str] = None
    """The ``event_id`` of the event that caused this one."""
    environment: str = DEFAULT_ENVIRONMENT
    priority: int = 5
    """0 to 10, 10 highest."""
    ttl_seconds: Optional[int] = None
    headers: Optional[Dict[str, str]] = None


@dataclass
class SecurityContext:
    """User, tenant and permissions of an event. The token is never printed, stored, exported or dead-lettered."""

    user_id: str
    tenant_id: str
    permissions: List[str]
    token: Optional[str] = field(default=None, repr=False)
    ip_address: Optional[str] = None


@dataclass(eq=False)
class EventMessage:
    """One event of the contract. Equality compares these six fields, whatever subclass carries them."""

    event_id: str
    event_type: EventType
    payload: Dict[str, Any]
    metadata: EventMetadata
    timestamp: str
    """ISO 8601 date and time; naive is read as UTC."""
    security_context: Optional[SecurityContext] = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventMessage):
            return NotImplemented
        return self._contract_fields() == other._contract_fields()

    __hash__ = None  # type: ignore[assignment]  # mutable, as every dataclass with equality

    def _contract_fields(self) -> tuple[Any, ...]:
        return (
            self.event_id,
            self.event_type,
            self.payload,
            self.metadata,
            self.timestamp,
            self.security_context,
        )


_READ_ONLY = frozenset({"record", "timestamp_assumed_utc", "known_type", "dialect"})


@dataclass(kw_only=True, eq=False)
class ConsumedEvent(EventMessage):
    """An event that was consumed, with the record that it was read from."""

    record: Record
    """Position, key, value and headers as bytes."""
    timestamp_assumed_utc: bool
    """The text had no offset and was read as UTC."""
    known_type: bool
    dialect: str

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse to change the record of an event."""
        if name in _READ_ONLY and name in self.__dict__:
            raise AttributeError(f"{name} of a consumed event is read-only: it says where the event came from.")
        super().__setattr__(name, value)


@dataclass(frozen=True, slots=True)
class UndecodableRecord:
    """A record that could not be decoded; it is returned as a value, and no error is raised."""

    record: Record
    reason: str
    error_path: str = ""
