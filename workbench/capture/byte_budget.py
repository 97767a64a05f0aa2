"""Bounds the bytes that the stages of a capture hold together: what is read waits until earlier records are written."""

from __future__ import annotations

import asyncio


class ByteBudget:
    """Bytes on their way through the stages.

    A queue of so many items bounds nothing when values are large. An item above the whole limit passes alone, when
    nothing else is held.

    Args:
        limit: Most bytes, but for such an item.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = asyncio.Event()
        self.held = 0
        """Bytes that are held now."""

    async def take(self, size: int) -> None:
        """Wait until there is room for so many bytes more, and hold them."""
        while self.held and self.held + size > self._limit:
            self._changed.clear()
            await self._changed.wait()
        self.held += size

    def give_back(self, size: int) -> None:
        """Let go of bytes that were held."""
        self.held -= size
        self._changed.set()
