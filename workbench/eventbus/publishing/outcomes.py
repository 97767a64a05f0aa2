"""The outcome of publishing one event, and the error of one that was not acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.errors import PublishError

if TYPE_CHECKING:
    from workbench.model import NewRecord, Outcome


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What became of one event."""

    event_id: str
    status: Literal["acked", "skipped", "failed", "unknown"]
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    reason: str = ""
    error: Exception | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the broker has the record."""
        return self.status == "acked"


def checked(event_id: str, record: NewRecord, outcome: Outcome) -> PublishOutcome:
    """Turn an acknowledged outcome into ours, and raise for any other.

    Raises:
        PublishError: The record was refused, or its fate is unknown.
    """
    if outcome.status != "acked":
        raise publish_error(event_id, record, outcome.error, unknown=outcome.status == "unknown")
    return PublishOutcome(event_id, "acked", outcome.topic, outcome.partition, outcome.offset)


def publish_error(
    event_id: str,
    record: NewRecord,
    cause: Exception | None,
    *,
    unknown: bool = False,
) -> PublishError:
    """Say that an event was not acknowledged, keeping what the log said about it."""
    fate = "it may or may not have been written" if unknown else "it was not written"
    error = PublishError(
        f"Event {event_id!r} to {record.topic} was not acknowledged ({cause}); {fate}.",
        event_id=event_id,
        topic=record.topic,
        partition=record.partition,
        cause_code=getattr(cause, "cause_code", None) or type(cause).__name__,
        retriable=bool(getattr(cause, "retriable", unknown)),
    )
    error.__cause__ = cause
    return error
