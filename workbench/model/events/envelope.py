"""Defines the normalised event: every convention fills the same fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.text import stored_position

if TYPE_CHECKING:
    from collections.abc import Mapping

CauseTarget: TypeAlias = Literal["event_id", "correlation_id", "position", "span"]
CauseState: TypeAlias = Literal["declared", "root", "unknown"]
IdScope: TypeAlias = Literal["global", "source"]

RAW = "raw"
"""In the place of a format's name: no format claims the value."""
DAMAGED = "damaged"
"""In the place of a format's name: one claims the value, and none can read it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One declared cause of an event. Causes of one rank are joint; those of a higher rank state the same again."""

    target: CauseTarget
    value: str
    via: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Trace context of the span that produced the record; never an identity and never a cause by itself."""

    trace_id: str | None = None
    """32 lower-case hex digits."""
    span_id: str | None = None
    """16 lower-case hex digits."""
    parent_span_id: str | None = None
    sampled: bool | None = None
    via: str | None = None
    """The header it was read from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The record that this one is a copy, retry or dead letter of, as far as it is known."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    timestamp_ms: int | None = None
    group: str | None = None
    via: str | None = None
    """Writer of the headers or body that it was read from."""
    via_hop: str | None = None
    """Position of the record this copy was read from, when that is another than the true origin."""

    @property
    def position(self) -> str | None:
        """`workbench.text.stored_position`, only when all three parts are known: causes hold and compare this text."""
        if self.topic is None or self.partition is None or self.offset is None:
            return None
        return stored_position(self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class EventError:
    """Error that a record was dead-lettered for; message and type can contain payload."""

    type: str | None = None
    message: str | None = field(default=None, repr=False)
    stage: str | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Event fields that a convention read from a record. An absent field is None; no value is generated or assumed.

    Times are UTC microseconds since 1970. Names follow `workbench.model.records.columns.EVENT`.
    """

    convention: str | None = None
    """Winning identity convention; None when no convention was recognised (*envelope: none*)."""
    convention_version: str | None = None
    also_matched: tuple[str, ...] = ()
    dialect: str | None = None
    event_id: str | None = None
    id_scope: IdScope = "global"
    """``source``: the id is unique only together with ``source``."""
    link_ids: tuple[str, ...] = ()
    """Further ids under which other records may name this one as their cause."""
    correlation_id: str | None = None
    causes: tuple[Cause, ...] = ()
    cause_state: CauseState = "unknown"
    root_id: str | None = None
    request_id: str | None = None
    event_type: str | None = None
    source: str | None = None
    destination: str | None = None
    event_time: int | None = None
    started: int | None = None
    ended: int | None = None
    environment: str | None = None
    tenant: str | None = None
    principal: str | None = None
    trace: TraceContext | None = None
    origin: Origin | None = None
    origin_root: str | None = None
    """Position of the innermost original of a nested dead letter."""
    dlq_depth: int | None = None
    error: EventError | None = None
    replay: Mapping[str, Any] | None = None
    """Replay marks found on the record."""
    tombstone: bool = False
    problems: tuple[str, ...] = ()
    """Codes ``code`` or ``code:subject``; sorted, each once."""
    via: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Selector that each identity field was read with; empty for rows that were decoded in bulk."""
    format: str | None = None
    """Format that read the value, ``raw`` where no format claims it, ``damaged`` where one claims it and none can read
    it; None for a tombstone."""
    damage: str | None = None
    """Why a damaged value could not be read."""
    raw_reason: str | None = None
    """Which schema a raw value names, and why that cannot be used; None where it names none."""
    decoded: str | None = None
    decoded_key: str | None = None
    """The key as JSON text, where it names a schema that reads it."""
    """The value as JSON text where another format than JSON read it."""
    unread: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Why formats that claimed the value could not read it, by name. Not a column; ``problems`` names them."""
