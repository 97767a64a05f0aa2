"""Begins a capture: resolves its window and reads the first records, while the snapshot is opened and entered."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from workbench.capture.early_reader import EarlyReader
from workbench.capture.pipeline import FIRST_READ_BYTES, READ_WAIT_MS
from workbench.capture.window import resolve_window
from workbench.model.selecting.window import End

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.capture.window import Window
    from workbench.model import Isolation, Span
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.selecting.window import Bound

PREFETCH_BYTES = 12 << 20


class Beginning:
    """What a capture is asked for, and its window, which is resolved from entering this async context manager on.

    Args:
        log: An open record log.
        topics: Topics to capture.
        start: First bound.
        end: Exclusive last bound; by default the end of each log at this moment.
        isolation: As the reader's; one per source.
        follow: Go on with new records after the window.
    """

    def __init__(
        self,
        log: RecordLog,
        topics: TopicSelection,
        *,
        start: Bound,
        end: Bound | None = None,
        isolation: Isolation = "read_committed",
        follow: bool = False,
    ) -> None:
        self.log = log
        self.topics = topics
        self.start = start
        self.end = None if follow else end or End()
        self.isolation: Isolation = isolation
        self._resolving: asyncio.Task[Window] | None = None
        self._early: tuple[set[Span], Reader] | None = None
        self._readers = contextlib.AsyncExitStack()

    @property
    def follow(self) -> bool:
        """Whether the capture goes on with new records after the window."""
        return self.end is None

    async def __aenter__(self) -> Self:
        self._resolving = asyncio.create_task(self._resolve(), name="capture begin")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._resolving is not None:
            self._resolving.cancel()
            # An error that nobody asked for came second: the capture ended by another one.
            await asyncio.gather(self._resolving, return_exceptions=True)
        await self._readers.aclose()

    async def window(self) -> Window:
        """Return the window; its ends are asked for once: one to the end of a busy topic would never be complete.

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            AuthenticationError: There is no right to describe any of the topics.
            WindowError: The end lies before the start.
        """
        if self._resolving is None:
            raise RuntimeError("A capture begins with 'async with'.")
        return await self._resolving

    async def reader(self, spans: Sequence[Span]) -> Reader:
        """Return a reader of spans: the one that reads already, if the capture reads the window as a whole."""
        early, self._early = self._early, None
        if early is not None and early[0] == set(spans):
            return early[1]
        await self._readers.aclose()
        return self._new_reader(spans)

    async def _resolve(self) -> Window:
        window = await resolve_window(self.log, self.topics, self.start, self.end, isolation=self.isolation)
        spans = [span for span in window.spans if span.stop is not None and span.start < span.stop]
        if spans:
            reader = EarlyReader(self._new_reader(spans), FIRST_READ_BYTES, READ_WAIT_MS)
            self._early = set(spans), await self._readers.enter_async_context(reader)
        return window

    def _new_reader(self, spans: Sequence[Span]) -> Reader:
        return self.log.reader(spans, isolation=self.isolation, prefetch_bytes=PREFETCH_BYTES)
