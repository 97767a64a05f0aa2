"""Defines the system that the demo traffic comes from: services with clocks, users, nodes and tools."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.contract import encode_event
from workbench.model import NewRecord
from workbench.model.events.event import EventMessage, EventMetadata, SecurityContext
from workbench.text import iso_text

if TYPE_CHECKING:
    import random

    from workbench.model.events.event import AnyEventType

SKEWED_SERVICE = "artifact-store"
"""Name of the service whose clock is wrong."""

CLOCK_SKEW_MS = {SKEWED_SERVICE: -1_850}
"""Milliseconds by which a service's clock is off; absent means right."""

PEOPLE = ("alice", "bashir", "chen", "dorota", "emeka", "fatima")
TENANT_OF = dict(zip(PEOPLE, ("acme", "acme", "globex", "globex", "initech", "initech"), strict=True))
NODES = ("node-a1", "node-a2", "node-b1", "node-b2", "node-c1")
TOOLS = ("search-index", "code-runner", "table-extract", "translate", "render-pdf")
GOALS = ("monthly report", "invoice match", "contract review", "catalogue import", "image tagging")


@dataclass(frozen=True, slots=True)
class Sent:
    """A record, and its event if it is one of the event-bus contract."""

    record: NewRecord
    event_id: str
    correlation_id: str

    @property
    def at_ms(self) -> int:
        """Record timestamp in milliseconds."""
        return self.record.timestamp_ms or 0


@dataclass(frozen=True, slots=True)
class World:
    """Names and random numbers shared by all flows; the seed of ``rng`` determines all of them."""

    rng: random.Random
    prefix: str = "onex"
    environment: str = "dev"

    def new_id(self) -> str:
        """Return a version 4 UUID as text, made from the seeded random numbers."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def delay_ms(self, typical_ms: float) -> int:
        """Return a random delay in milliseconds around ``typical_ms``, with a long tail."""
        return max(1, int(self.rng.lognormvariate(0, 0.6) * typical_ms))

    def topic(self, logical: str) -> str:
        """Return the physical name of a logical topic."""
        return f"{self.prefix}.{self.environment}.{logical}"

    def send(
        self,
        at_ms: int,
        event_type: AnyEventType,
        source: str,
        payload: dict[str, Any],
        *,
        correlation_id: str,
        cause: str | None = None,
        user: str | None = None,
        priority: int = 5,
        event_at_ms: int | None = None,
    ) -> Sent:
        """Make the record of one event of the contract, with a timestamp of its service's clock."""
        event_ms = (event_at_ms if event_at_ms is not None else at_ms) + CLOCK_SKEW_MS.get(source, 0)
        event = EventMessage(
            event_id=self.new_id(),
            event_type=event_type,  # type: ignore[arg-type]  # dead letters are the contract's extension
            payload=payload,
            metadata=EventMetadata(source, correlation_id, cause, self.environment, priority),
            timestamp=iso_text(event_ms),
            security_context=None if user is None else SecurityContext(user, TENANT_OF[user], ["workflow:run"]),
        )
        logical = "dead_letter_queue" if event_type == "system.dead_letter" else f"{event_type.split('.')[0]}_events"
        encoded = encode_event(event)
        record = NewRecord(self.topic(logical), encoded.key, encoded.value, encoded.headers, None, at_ms)
        return Sent(record, event.event_id, correlation_id)
