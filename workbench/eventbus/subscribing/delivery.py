"""Delivers one record to a handler: decodes, checks and filters it, retries, and writes dead letters."""

from __future__ import annotations

import inspect
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from workbench.decoding.conventions.contract import decode_event, header_disagreements
from workbench.errors import NonRetryableError
from workbench.eventbus.expiry import expired
from workbench.eventbus.failures.dead_letters import dead_letter_of, dead_letter_of_record
from workbench.eventbus.observation import Observer, mark_failed
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.model.events.event import ConsumedEvent
from workbench.model.events.handling import handled_event
from workbench.telemetry import METRIC_DELIVERED, METRIC_EXPIRED, METRIC_FAILED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from opentelemetry.trace import Link

    from workbench.eventbus.failures.policy import Failure, FailurePolicy
    from workbench.model import Record
    from workbench.model.events.event import EventMessage, UndecodableRecord

    PermissionHook = Callable[[EventMessage], bool | Awaitable[bool] | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers the records of one subscription.

    A record counts as done after handler success, filter rejection, expiry, or an acknowledged dead letter; only then
    may its offset be committed.
    """

    handler: Callable[[EventMessage], Awaitable[None]]
    message_filter: Callable[[EventMessage], bool] | None
    policy: FailurePolicy
    send_dead_letter: Callable[[EventMessage], Awaitable[None]]
    """Publishes a dead letter and returns once it is acknowledged."""
    environment: str
    consumer_group: str
    require_security_context: bool = False
    permission: PermissionHook | None = None
    on_undecodable: Literal["dead_letter", "skip"] = "dead_letter"
    observer: Observer = field(default_factory=Observer)
    counts: Counter[str] = field(default_factory=Counter)
    """``handled``, ``filtered``, ``expired``, ``undecodable``, ``tombstone``, ``dead_lettered``, ``failed``, …"""

    async def deliver(self, record: Record, links: Sequence[Link] = ()) -> None:
        """Deliver one record; ``links`` name the span that received it.

        Raises:
            Exception: The dead letter could not be written, or the policy raises: the record is not done.
        """
        event = decode_event(record)
        if isinstance(event, ConsumedEvent):
            await self._deliver_event(event, links)
        elif record.value is None:
            self.counts["tombstone"] += 1
        else:
            await self._undecodable(event)

    async def _deliver_event(self, event: ConsumedEvent, links: Sequence[Link]) -> None:
        if header_disagreements(event):
            self.counts["header_disagreement"] += 1
        if expired(event, datetime.now(UTC)):
            self.counts["expired"] += 1
            self.observer.count(METRIC_EXPIRED)
            return
        with self.observer.handling(event, self.consumer_group, links) as span:
            failure = await self.policy.attempt(self._process, event)
            if failure is not None:
                mark_failed(span, failure.error)
                await self._handle_failure(event, failure)

    async def _process(self, event: ConsumedEvent) -> None:
        await self._check_permission(event)
        if self.message_filter is not None and not self.message_filter(event):
            self.counts["filtered"] += 1
            return
        token = handled_event.set(event)
        try:
            with self.observer.timing():
                await self.handler(event)
        finally:
            handled_event.reset(token)
        self.counts["handled"] += 1
        self.observer.count(METRIC_DELIVERED)

    async def _check_permission(self, event: ConsumedEvent) -> None:
        if event.security_context is None and self.require_security_context:
            raise NonRetryableError(f"Event {event.event_id!r} has no security context, which this bus requires.")
        if event.security_context is None or self.permission is None:
            return
        allowed = self.permission(event)
        if inspect.isawaitable(allowed):
            allowed = await allowed
        if allowed is False:
            raise NonRetryableError(f"The permission hook refused event {event.event_id!r}.")

    async def _handle_failure(self, event: ConsumedEvent, failure: Failure) -> None:
        self.counts["failed"] += 1
        self.observer.count(METRIC_FAILED)
        if is_dead_letter_topic(event.record.topic):
            # Otherwise a failing handler of the dead-letter topic would feed itself for ever.
            log.error("handler failed on a dead letter at %s; it is not dead-lettered again", event.record.position)
            return
        message = str(failure.error) or type(failure.error).__name__
        letter = dead_letter_of(event, message, failure=failure, consumer_group=self.consumer_group)
        await self._send(letter, event.record, type(failure.error).__name__)

    async def _undecodable(self, bad: UndecodableRecord) -> None:
        self.counts["undecodable"] += 1
        if self.on_undecodable == "skip" or is_dead_letter_topic(bad.record.topic):
            log.warning("undecodable record at %s: %s", bad.record.position, bad.reason)
            return
        letter = dead_letter_of_record(
            bad.record,
            bad.reason,
            environment=self.environment,
            consumer_group=self.consumer_group,
        )
        await self._send(letter, bad.record, "UndecodableRecord")

    async def _send(self, letter: EventMessage, record: Record, error_type: str) -> None:
        with self.observer.dead_lettering(record, error_type):
            await self.send_dead_letter(letter)
        self.counts["dead_lettered"] += 1
        log.warning("dead-lettered the record at %s", record.position)
