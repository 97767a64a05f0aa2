"""Publishes events: stamps, validates, routes and encodes them, and waits for the acknowledgement."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.decoding.conventions.contract import encode_event
from workbench.errors import PublishError, ValidationError, WorkbenchError
from workbench.eventbus.expiry import expired
from workbench.eventbus.names import ALL_EVENTS, Namespace, default_route
from workbench.eventbus.observation import Observer
from workbench.eventbus.publishing.outcomes import PublishOutcome, acknowledged_outcome, publish_error
from workbench.model import NewRecord
from workbench.model.events.event import DefaultEnvironment, EventMessage, EventMetadata
from workbench.model.events.handling import handled_event
from workbench.telemetry import METRIC_PUBLISHED
from workbench.telemetry.conventions import OFFSET, PARTITION
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.eventbus.publishing.validation import EventRules
    from workbench.model import Outcome

    WriteRecord = Callable[[NewRecord], Awaitable[Outcome]]


class InheritedCorrelation(str):
    """The placeholder in ``metadata.correlation_id`` for the correlation id of the event being handled."""

    __slots__ = ()


INHERIT_CORRELATION = InheritedCorrelation("inherit")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes into one namespace by one set of rules."""

    namespace: Namespace
    rules: EventRules
    write: WriteRecord
    """Writes one record and returns its outcome."""
    timeout_s: float = 30.0
    transmit_tokens: bool = False
    raw_names: bool = False
    """Whether ``raw:`` names may be written to."""
    context_headers: Callable[[], dict[str, str]] = dict
    """Trace context of the active span, as headers."""
    observer: Observer = field(default_factory=Observer)

    async def send(
        self,
        event: EventMessage,
        physical: str,
        partition: int | None,
        *,
        write: WriteRecord | None = None,
    ) -> PublishOutcome:
        """Send a `validated` event to the topic of its `route`; it is skipped when its time to live is over.

        Raises:
            PublishError: No acknowledgement came; ``retriable`` says whether trying again can help.
        """
        if expired(event, datetime.now(UTC)):
            return PublishOutcome(event.event_id, "skipped", reason="its time to live is over")
        with self.observer.publishing(event, physical) as span:
            record = self._record(event, physical, partition)
            outcome = await self._acknowledged(event, record, write or self.write)
            span.set_attribute(PARTITION, str(outcome.partition))
            span.set_attribute(OFFSET, outcome.offset or 0)
        self.observer.count(METRIC_PUBLISHED)
        return outcome

    async def _acknowledged(self, event: EventMessage, record: NewRecord, write: WriteRecord) -> PublishOutcome:
        try:
            # The time-out ends the wait, not the write: the record may be on its way to the broker already.
            async with asyncio.timeout(self.timeout_s):
                outcome = await write(record)
        except TimeoutError as error:
            raise PublishError(
                f"Event {event.event_id!r} to {record.topic} was not acknowledged within "
                f"{duration_text(self.timeout_s, 's')}; "
                "it may or may not have been written. Look for its id on the topic before sending it again.",
                event_id=event.event_id,
                topic=record.topic,
                cause_code="timeout",
                retriable=True,
            ) from error
        except WorkbenchError as error:
            raise publish_error(event.event_id, record, error) from error
        return acknowledged_outcome(event.event_id, record, outcome)

    def validated(self, event: EventMessage) -> EventMessage:
        """Return the event as it will be sent, on a copy: stamped and checked against the rules.

        Raises:
            ValidationError: The event breaks the contract; ``errors`` lists every fault.
        """
        event = self._stamped(event)
        self.rules.check(event)
        return event

    def route(self, event: EventMessage, target_topic: str | None) -> str:
        """Return the physical topic of an event: ``target_topic``, or the default route of its type.

        Raises:
            ValidationError: The topic's name cannot be published to.
        """
        return self.physical(target_topic if target_topic is not None else default_route(event.event_type))

    def in_own_environment(self, event: EventMessage) -> EventMessage:
        """Return a copy of the event with this bus's environment."""
        return replace(event, metadata=replace(event.metadata, environment=self.namespace.environment))

    def _stamped(self, event: EventMessage) -> EventMessage:
        """Return a copy with the bus's environment and, inside a handler, the correlation and cause of its event."""
        if not isinstance(event, EventMessage) or not isinstance(event.metadata, EventMetadata):
            return event  # type: ignore[unreachable]  # what callers pass is checked by the rules, not trusted
        changes: dict[str, str] = {}
        metadata = event.metadata
        if isinstance(metadata.environment, DefaultEnvironment):
            changes["environment"] = self.namespace.environment
        handled = handled_event.get()
        if handled is not None:
            if metadata.causation_id is None:
                changes["causation_id"] = handled.event_id
            if isinstance(metadata.correlation_id, InheritedCorrelation):
                changes["correlation_id"] = handled.metadata.correlation_id
        return replace(event, metadata=replace(metadata, **changes)) if changes else event  # type: ignore[arg-type]

    def _record(self, event: EventMessage, physical: str, partition: int | None) -> NewRecord:
        encoded = encode_event(event, transmit_tokens=self.transmit_tokens)
        traced = tuple((name.encode(), text.encode()) for name, text in self.context_headers().items())
        return NewRecord(physical, encoded.key, encoded.value, encoded.headers + traced, partition)

    def physical(self, logical: str) -> str:
        """Return the physical name of a topic that may be published to.

        Raises:
            ValidationError: It may not be published to; ``errors`` says why.
        """
        if logical == ALL_EVENTS:
            raise ValidationError(
                "all_events stands for every topic of the environment and is only read; publish to a topic of its own.",
                errors=[("target_topic", "is read-only", "str")],
            )
        if logical.startswith("raw:") and not self.raw_names:
            raise ValidationError(
                f"{logical} names a physical topic; this bus was not opened for raw names (raw_names=True).",
                errors=[("target_topic", "raw names need a bus opened for them", "str")],
            )
        return self.namespace.physical(logical)
