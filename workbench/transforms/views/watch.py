"""Watches a view: asks for its state and the newest lines of its log, again and again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.text import clock_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from workbench.model.feeds import FeedState
    from workbench.transforms.views.state import ViewLine, ViewStatus


class ViewWatch:
    """The newest state of a view and the end of its log.

    Args:
        name: Name of the view.
        ask: Asks for both.
        interval_s: Seconds from one answer to the next question.
    """

    def __init__(
        self, name: str, ask: Callable[[], Awaitable[tuple[ViewStatus, Sequence[ViewLine]]]], interval_s: float
    ) -> None:
        self.name = name
        self.state: FeedState = "waiting"
        self.note = ""
        self.status: ViewStatus | None = None
        self.lines: Sequence[ViewLine] = ()
        self._ask = ask
        self._interval_s = interval_s

    async def run(self) -> None:
        """Ask until cancelled. An answer that does not come is said, and asked for again."""
        try:
            while True:
                await self.read()
                await asyncio.sleep(self._interval_s)
        except asyncio.CancelledError:
            self.state = "stopped"
            raise
        except Exception as error:
            self.state, self.note = "failed", str(error)
            raise

    async def read(self) -> None:
        """Ask once."""
        asked = clock_text(datetime.now(UTC), precision="s")
        try:
            self.status, self.lines = await self._ask()
        except WorkbenchError as error:
            self.state, self.note = "no answer", f"asked at {asked}: {error}"
        else:
            self.state, self.note = "live", f"read at {asked}"
