"""Builds events, ids and times for tests: valid, and the same in every run."""

from __future__ import annotations

import asyncio
import inspect
import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from workbench.model.events.event import EventMessage, EventMetadata, SecurityContext
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class CountingIds:
    """Returns UUID texts that count from 1: ``00000000-0000-4000-8000-000000000001``."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012d}"


class CountingClock:
    """Returns times from 2026-01-01 UTC on, one millisecond later at each call."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> datetime:
        return EPOCH + timedelta(milliseconds=next(self._numbers))


class RecordingSleep:
    """Replaces ``asyncio.sleep``: records the seconds and returns at once.

    Attributes:
        waits_s: The seconds of each call.
    """

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        await asyncio.sleep(0)


_ids = CountingIds()
_clock = CountingClock()
_METADATA = frozenset(field.name for field in fields(EventMetadata))
_SECURITY = frozenset(field.name for field in fields(SecurityContext))


def create_test_event(**overrides: Any) -> EventMessage:
    """Make a valid event with counted ids and times.

    Args:
        overrides: Fields of the event, of its metadata (``priority=9``), or of its security context (``tenant_id=…``).

    Raises:
        TypeError: A field that none of the three has.
    """
    security = {name: overrides.pop(name) for name in list(overrides) if name in _SECURITY}
    metadata = {name: overrides.pop(name) for name in list(overrides) if name in _METADATA}
    event = EventMessage(
        event_id=_ids(),
        event_type="user.created",
        payload={"user_id": "u-1"},
        metadata=EventMetadata(source="tests", correlation_id=_ids()),
        timestamp=_clock().isoformat(timespec="milliseconds"),
    )
    if metadata:
        event.metadata = replace(event.metadata, **metadata)
    if security:
        known: dict[str, Any] = {"user_id": "tester", "tenant_id": "tests", "permissions": []}
        event.security_context = SecurityContext(**{**known, **security})
    return replace(event, **overrides)


async def wait_until(condition: Callable[[], object], *, timeout_s: float = 15.0, what: str = "the condition") -> None:
    """Wait until ``condition()`` is true; it is called every few milliseconds, and awaited where it is awaitable.

    Raises:
        AssertionError: It did not become true in time.
    """
    deadline = time.monotonic() + timeout_s
    while not await _now(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not become true within {duration_text(timeout_s, 's')}")
        await asyncio.sleep(0.005)


async def _now(condition: Callable[[], object]) -> object:
    found = condition()
    return await found if inspect.isawaitable(found) else found
