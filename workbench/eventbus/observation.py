"""Writes spans, counters and audit rows of a bus. They never hold payloads, keys or tokens."""

from __future__ import annotations

import logging
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import INVALID_SPAN, SpanKind, Status, StatusCode

from workbench import telemetry
from workbench.telemetry import conventions as names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from opentelemetry.trace import Link, Span

    from workbench.model import Record
    from workbench.model.audit import AuditSink
    from workbench.model.events.event import ConsumedEvent, EventMessage

log = logging.getLogger(__name__)

MAX_LINKS = 128
"""Producers that one receive span names; a batch may have more."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Records spans and counters of one bus."""

    system: str = "kafka"
    cluster: str = ""
    metered: bool = False
    """Whether Prometheus counters are kept."""

    def count(self, metric: str, number: int = 1) -> None:
        """Add to one of the ``METRIC_`` counters, where counters are kept."""
        if self.metered:
            telemetry.counter(metric).labels(self.cluster).inc(number)

    @contextmanager
    def publishing(self, event: EventMessage, topic: str) -> Iterator[Span]:
        """Run the sending of one event as a producer span; the record carries its context in the headers."""
        try:
            if not telemetry.is_tracing():
                yield INVALID_SPAN
                return
            facts = {
                names.SYSTEM: self.system,
                names.OPERATION_NAME: "publish",
                names.OPERATION_TYPE: "send",
                names.DESTINATION: topic,
                names.MESSAGE_ID: event.event_id,
                names.CONVERSATION_ID: event.metadata.correlation_id,
            }
            with telemetry.span(telemetry.SPAN_PUBLISH, facts, kind=SpanKind.PRODUCER) as current:
                yield current
        except Exception:
            self.count(telemetry.METRIC_UNPUBLISHED)
            raise

    def received(self, records: Sequence[Record], group: str) -> list[Link]:
        """Record one poll as a span with links to the producers; returns the links for the handlers' spans."""
        facts: dict[str, str | int | float | bool] = {
            names.SYSTEM: self.system,
            names.OPERATION_NAME: "poll",
            names.OPERATION_TYPE: "receive",
            names.GROUP: group,
            names.BATCH_COUNT: len(records),
        }
        self.count(telemetry.METRIC_RECEIVED, len(records))
        with telemetry.span(telemetry.SPAN_RECEIVE, facts, kind=SpanKind.CLIENT) as current:
            if current.is_recording():
                for record in records[:MAX_LINKS]:
                    for link in telemetry.link_to(telemetry.context_of(record.headers)):
                        current.add_link(link.context)
            return telemetry.link_to(None)

    @contextmanager
    def handling(self, event: ConsumedEvent, group: str, links: Sequence[Link]) -> Iterator[Span]:
        """Run the handling of one event as a consumer span, a child of the producer's span."""
        producer = telemetry.context_of(event.record.headers)
        with telemetry.span(
            telemetry.SPAN_HANDLE,
            {
                **self._position(event.record),
                names.OPERATION_NAME: "handle",
                names.OPERATION_TYPE: "process",
                names.GROUP: group,
                names.MESSAGE_ID: event.event_id,
                names.CONVERSATION_ID: event.metadata.correlation_id,
            },
            kind=SpanKind.CONSUMER,
            parent=producer,
            links=[*links, *telemetry.link_to(producer)] if producer is not None else links,
        ) as current:
            yield current

    @contextmanager
    def dead_lettering(self, record: Record, error_type: str) -> Iterator[None]:
        """Run the writing of one dead letter as a span."""
        facts = {**self._position(record), names.OPERATION_NAME: "dead_letter", names.ERROR_TYPE: error_type}
        with telemetry.span(telemetry.SPAN_DEAD_LETTER, facts):
            yield
        self.count(telemetry.METRIC_DEAD_LETTERED)

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Measure one run of a handler, failed ones too."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if self.metered:
                telemetry.handler_seconds().labels(self.cluster).observe(time.perf_counter() - began)

    def _position(self, record: Record) -> dict[str, str | int]:
        return {
            names.SYSTEM: self.system,
            names.DESTINATION: record.topic,
            names.PARTITION: str(record.partition),
            names.OFFSET: record.offset,
        }


def mark_failed(current: Span, error: BaseException) -> None:
    """Set a span to failed, with the type of the error only: its text may hold payload."""
    current.set_attribute(names.ERROR_TYPE, type(error).__name__)
    current.set_status(Status(StatusCode.ERROR, type(error).__name__))


@dataclass(slots=True)
class AuditEntry:
    """The result to write into the audit row of one change; a failure replaces it."""

    result: str = "done"


@dataclass(frozen=True, slots=True)
class Auditor:
    """Writes one audit row for each change that a bus makes; without a sink it writes nothing."""

    sink: AuditSink | None
    cluster: str
    who: str = ""
    reason: str = ""

    @asynccontextmanager
    async def entry(self, action: str, **facts: Any) -> AsyncIterator[AuditEntry]:
        """Run one change and write its row: the entry's result, or ``failed`` with the type of the error."""
        entry = AuditEntry()
        if self.sink is None:
            yield entry
            return
        try:
            yield entry
        except BaseException as error:
            await self._write(action, f"failed: {type(error).__name__}", facts)
            raise
        await self._write(action, entry.result, facts)

    async def _write(self, action: str, result: str, facts: dict[str, Any]) -> None:
        if self.sink is None:
            return
        try:
            await self.sink.audit(
                action, who=self.who, reason=self.reason, result=result, cluster=self.cluster, **facts
            )
        except Exception:
            log.exception("%s (%s) could not be entered in the audit", action, result)
