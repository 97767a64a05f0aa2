"""A reader whose first read begins before anybody asks for it, while the snapshot is still being opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.bus.passing import PassingReader

if TYPE_CHECKING:
    from typing import Self

    from workbench.bus.protocols import Reader
    from workbench.model import Chunk


class EarlyReader(PassingReader):
    """Reads as another reader does, from entering it on; positions are those behind what was read first.

    Args:
        reader: Does the reading; it is entered and closed with this one.
        first_bytes: Of the first read, whatever its caller wants then.
        wait_ms: How long that waits for a first chunk.
    """

    def __init__(self, reader: Reader, first_bytes: int, wait_ms: int) -> None:
        super().__init__(reader)
        self._first_bytes = first_bytes
        self._wait_ms = wait_ms
        self._entered = False
        self._first: asyncio.Task[list[Chunk]] | None = None

    @property
    def done(self) -> bool:
        """Whether every bounded span reached its stop, and what was read first was taken."""
        return self._first is None and super().done

    async def __aenter__(self) -> Self:
        if not self._entered:
            self._entered = True
            await super().__aenter__()
            self._first = asyncio.create_task(super().read(self._first_bytes, self._wait_ms), name="first read")
        return self

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        """Return what is ready, first what was read before."""
        if self._first is None:
            return await super().read(max_bytes, max_wait_ms)
        first = self._first
        # Not awaited itself: a caller that gives up does not end it, and loses nothing.
        await asyncio.wait([first])
        self._first = None
        return first.result()

    async def aclose(self) -> None:
        """Stop reading; harmless when repeated."""
        first, self._first = self._first, None
        if first is not None:
            first.cancel()
            # An error that nobody asked for came second.
            await asyncio.gather(first, return_exceptions=True)
        await super().aclose()
