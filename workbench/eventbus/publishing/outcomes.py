"""The outcome of publishing one event, and the error of one that was not acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.errors import PublishError

if TYPE_CHECKING:
    from workbench.model import NewRecord, Outcome


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """The result of publishing one event: acknowledged, skipped, failed or unknown."""

    event_id: str
    status: Literal["acked", "skipped", "failed", "unknown"]
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    reason: str = ""
    error: Exception | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the broker acknowledged the record."""
        return self.status == "acked"


def acknowledged_outcome(event_id: str, record: NewRecord, outcome: Outcome) -> PublishOutcome:
    """Return the outcome of an event whose record was acknowledged.

    Raises:
        PublishError: The record was refused, or it is unknown whether it was written.
    """
    if outcome.status != "acked":
        raise publish_error(event_id, record, outcome.error, unknown=outcome.status == "unknown")
    return PublishOutcome(event_id, "acked", outcome.topic, outcome.partition, outcome.offset)


def cause_code(cause: Exception | None) -> str:
    """Return Kafka's name of an error where the record log gave one, else the name of its class."""
    return getattr(cause, "cause_code", None) or type(cause).__name__


def publish_error(
    event_id: str,
    record: NewRecord,
    cause: Exception | None,
    *,
    unknown: bool = False,
) -> PublishError:
    """Make the error of an event that was not acknowledged; cause, code and retriability come from the record log."""
    fate = "it may or may not have been written" if unknown else "it was not written"
    error = PublishError(
        f"Event {event_id!r} to {record.topic} was not acknowledged ({cause}); {fate}.",
        event_id=event_id,
        topic=record.topic,
        partition=record.partition,
        cause_code=cause_code(cause),
        retriable=bool(getattr(cause, "retriable", unknown)),
    )
    error.__cause__ = cause
    return error
