"""The policy for handlers that fail: retry with back-off, write a dead letter, or raise."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import ConfigurationError, NonRetryableError, RetryableError
from workbench.telemetry import SPAN_RETRY, span
from workbench.telemetry.conventions import ATTEMPT

if TYPE_CHECKING:
    from workbench.model.events.event import EventMessage

Handler = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Failure:
    """The last error of an event after all attempts, and the number of attempts."""

    error: BaseException
    attempts: int
    first_failed_at: datetime


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """Retries a handler: number of attempts, waits between them, and the treatment of unknown exceptions.

    The wait before attempt n+1 is ``base_s ** n`` seconds, at most ``cap_s``, plus up to ``jitter`` of itself.
    """

    max_attempts: int = 3
    base_s: float = 2.0
    cap_s: float = 60.0
    jitter: float = 0.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    on_unknown: Literal["dead_letter", "retry", "raise"] = "dead_letter"

    def __post_init__(self) -> None:
        if self.max_attempts < 1 or self.base_s < 0 or self.cap_s < 0 or not 0 <= self.jitter <= 1:
            raise ConfigurationError(
                "A failure policy needs at least one attempt, waits of 0 s or more, and a jitter between 0 and 1.",
            )

    def wait_s(self, attempt: int) -> float:
        """Return the seconds to wait after a failed attempt; attempts count from 1."""
        wait = min(self.cap_s, self.base_s**attempt)
        return wait * (1 + self.jitter * random.random())  # noqa: S311 - spreads load, hides nothing

    async def attempt(self, process: Handler, event: EventMessage) -> Failure | None:
        """Run ``process`` until it succeeds or the attempts are used up; None means success.

        Raises:
            BaseException: An unknown exception under ``on_unknown="raise"``, and the cancellation of this task.
        """
        first_failed_at: datetime | None = None
        for tried in range(1, self.max_attempts + 1):
            try:
                await self._try(process, event, tried)
            except asyncio.CancelledError as error:
                if _cancelled_from_outside():
                    raise
                failure: BaseException = error
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # noqa: BLE001 - any failure of a handler is data here
                failure = error
            else:
                return None
            first_failed_at = first_failed_at or datetime.now(UTC)
            if not self._is_retriable(failure) or tried == self.max_attempts:
                return Failure(failure, tried, first_failed_at)
        raise AssertionError("the last attempt returns")

    async def _try(self, process: Handler, event: EventMessage, attempt: int) -> None:
        if attempt == 1:
            await process(event)
            return
        with span(SPAN_RETRY, {ATTEMPT: attempt}):
            await self.sleep(self.wait_s(attempt - 1))
            await process(event)

    def _is_retriable(self, error: BaseException) -> bool:
        if isinstance(error, RetryableError):
            return True
        if isinstance(error, NonRetryableError):
            return False
        if self.on_unknown == "raise":
            raise error
        return self.on_unknown == "retry"


def _cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
