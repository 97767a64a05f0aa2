"""The contract's resilience functions: a handler with retries, and publishing to the dead-letter queue."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import PublishError
from workbench.eventbus.failures.dead_letters import dead_letter_of
from workbench.eventbus.failures.policy import Failure, FailurePolicy, Handler
from workbench.eventbus.names import DEAD_LETTER_QUEUE
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.model.events.event import ConsumedEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.eventbus.protocols import ProtocolEventBus
    from workbench.model.events.event import EventMessage


def resilient_handler(
    process: Handler,
    *,
    dead_letters: ProtocolEventBus,
    max_attempts: int = 3,
    base_s: float = 2.0,
    cap_s: float = 60.0,
    jitter: float = 0.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_unknown: Literal["dead_letter", "retry", "raise"] = "dead_letter",
) -> Callable[[EventMessage], Awaitable[None]]:
    """Wrap a handler: `RetryableError` is retried, other errors and exhausted retries go to the dead-letter queue.

    Waits are ``base_s ** n`` seconds after the n-th failure, at most ``cap_s``. An event from a
    dead-letter topic never becomes a dead letter again; its failure is raised.

    Raises:
        PublishError: From the wrapped handler, when the dead letter was not acknowledged.
    """
    policy = FailurePolicy(max_attempts, base_s, cap_s, jitter, sleep, on_unknown)

    async def handle(event: EventMessage) -> None:
        failure = await policy.attempt(process, event)
        if failure is None:
            return
        if isinstance(event, ConsumedEvent) and is_dead_letter_topic(event.record.topic):
            raise failure.error
        text = str(failure.error) or type(failure.error).__name__
        await _send(dead_letters, dead_letter_of(event, text, failure=failure))

    return handle


async def send_to_dead_letter_queue(
    event_bus: ProtocolEventBus,
    event: EventMessage,
    error_message: str,
    *,
    error: BaseException | None = None,
    attempts: int = 1,
    consumer_group: str | None = None,
) -> None:
    """Publish the dead letter of an event and return once the broker acknowledged it.

    Raises:
        PublishError: The broker did not acknowledge it; nothing may be committed past the event.
    """
    failure = None if error is None else Failure(error, attempts, datetime.now(UTC))
    letter = dead_letter_of(
        event,
        error_message,
        failure=failure,
        attempts=attempts,
        consumer_group=consumer_group,
    )
    await _send(event_bus, letter)


async def _send(event_bus: ProtocolEventBus, letter: EventMessage) -> None:
    acknowledged: Any = await event_bus.publish_event(letter, target_topic=DEAD_LETTER_QUEUE)
    if acknowledged is not True:
        raise PublishError(
            f"The dead letter of event {letter.metadata.causation_id!r} was not written.",
            event_id=letter.event_id,
        )
