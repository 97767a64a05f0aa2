"""Fault injection: failures of a network or a broker as one client sees them, for tests and demonstrations."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.errors import BrokerUnavailableError
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable


class Faults:
    """Injects faults into one open `MemoryLog`; other logs of the same name are not affected.

    Attributes:
        delay_s: Seconds added to every call; a call fails when they exceed the log's ``timeout_s``.
    """

    def __init__(self, address: str, timeout_s: float) -> None:
        self.delay_s = 0.0
        self._address = address
        self._timeout_s = timeout_s
        self._dropped = False
        self._failing: list[Exception | None] = []
        self._on_drop: list[Callable[[bool], None]] = []

    @property
    def dropped(self) -> bool:
        """Whether the connection is down."""
        return self._dropped

    def fail_sends(self, count: int = 1, *, error: Exception | None = None) -> None:
        """Fail the next sends: with ``error`` nothing is written; without, all is written and the answer is lost."""
        self._failing += [error] * count

    def drop_connection(self) -> None:
        """Cut the connection until `restore`: calls fail; members leave their group when their session ends."""
        self._dropped = True
        self._tell()

    def restore(self) -> None:
        """Bring the connection back."""
        self._dropped = False
        self._tell()

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Call with True when the connection is cut and with False when it is back."""
        self._on_drop.append(listener)

    def forget(self, listener: Callable[[bool], None]) -> None:
        """Undo `listen`."""
        if listener in self._on_drop:
            self._on_drop.remove(listener)

    def next_send(self) -> tuple[bool, Exception | None]:
        """Whether this send is to fail, and with which error."""
        return (True, self._failing.pop(0)) if self._failing else (False, None)

    async def apply(self, doing: str) -> None:
        """Wait ``delay_s`` seconds, then fail when the connection is down or the deadline is over.

        Raises:
            BrokerUnavailableError: The connection is down, or the delay exceeds the deadline.
        """
        await asyncio.sleep(min(self.delay_s, self._timeout_s))
        if self._dropped:
            raise self.unavailable(doing, "the connection was dropped by fault injection")
        if self.delay_s > self._timeout_s:
            raise self.unavailable(doing, f"no answer within {duration_text(self._timeout_s, 's')}")

    def unavailable(self, doing: str, why: str) -> BrokerUnavailableError:
        """Make the error of a call that did not reach the cluster."""
        return BrokerUnavailableError(f"{doing} failed on {self._address}: {why}.", addresses=[self._address])

    def _tell(self) -> None:
        for listener in list(self._on_drop):
            listener(self._dropped)
