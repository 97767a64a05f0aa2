"""Parts of a sequence diagram: who sent what to whom, and what was done because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ArrowKind: TypeAlias = Literal["message", "join", "self", "unhandled"]


@dataclass(frozen=True, slots=True)
class Handler:
    """The box in which a lane reacted to an event; a root is emitted by the start marker, which has no event."""

    event: str | None
    lane: str
    emits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """An event on its way from the lane that emitted it to a lane that used it."""

    event: str
    event_type: str
    sender: str
    receiver: str | None
    kind: ArrowKind
    delay_us: int | None
    """From the event to the first event that the receiver emitted because of it."""
    times: int = 1
    """How many repeated subtrees it stands for."""
