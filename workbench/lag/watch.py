"""Samples consumer lag again and again: for a live panel, for a recording, or for both."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.bus.silence import is_silent, silence_text
from workbench.errors import BrokerUnavailableError, WorkbenchError
from workbench.lag.result import LagResult, shown_text, with_partition
from workbench.lag.tables import LagTables, joined, tables_of
from workbench.text import clock_text, counted, duration_text, number_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from workbench.lag.sampler import LagSampler
    from workbench.model.feeds import FeedState
    from workbench.model.lag import LagRound

LONG_ROUND_S = 3.0
"""A round that takes longer is told of: the figures are those of the one before."""
KEPT_ROUNDS = 360
"""Rounds that a watch keeps in memory: an hour at one every ten seconds. A recording keeps all."""
_SHOWN_PARTITIONS = 200
_TITLES = ("group", "topic", "partition", "lag", "lost", "ahead", "held", "committed", "high", "state", "reason")


class LagWatch:
    """Takes a round every ``interval_s`` seconds. A `workbench.model.feeds.LagFeed`.

    Args:
        sampler: Takes the rounds.
        name: What is watched, in a few words.
        interval_s: Seconds from the beginning of one round to the beginning of the next.
        record: Stores a round; called in a thread. When it fails, the watch ends.
        on_note: Called with the note after each round, and when the cluster does not answer.
    """

    def __init__(
        self,
        sampler: LagSampler,
        *,
        name: str,
        interval_s: float,
        record: Callable[[LagRound], object] | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.version = 0
        self._state: FeedState = "waiting"
        self._note = ""
        self._sampler = sampler
        self._interval_s = interval_s
        self._record = record
        self._on_note = on_note
        self._rounds: deque[LagTables] = deque(maxlen=KEPT_ROUNDS)
        self._asking_since: float | None = None
        self._away_since: datetime | None = None
        self._unreachable = False

    @property
    def state(self) -> FeedState:
        """What the watch does; ``no answer`` while the cluster cannot be reached, or owes an answer for long."""
        away = self._unreachable or is_silent(self._unanswered_s)
        return "no answer" if self._state == "live" and away else self._state

    @property
    def note(self) -> str:
        """Time of the newest sample and what could not be sampled; or since when there is none, and why."""
        if self.state == "no answer" and self._away_since is None:
            return "; ".join(filter(None, (silence_text(self._unanswered_s), self._note)))
        takes_s = 0.0 if self._asking_since is None else time.monotonic() - self._asking_since
        if self.state == "live" and takes_s >= LONG_ROUND_S:
            # The figures are those of the round before, or there are none yet.
            return "; ".join(filter(None, (self._note, f"a round takes {duration_text(int(takes_s), 's')} so far")))
        return self._note

    @property
    def _unanswered_s(self) -> float:
        if self._asking_since is None:
            return 0.0
        return time.monotonic() - max(self._asking_since, self._sampler.answered_at)

    @property
    def result(self) -> LagResult:
        """The rounds taken so far, at most `KEPT_ROUNDS`."""
        return LagResult(joined(self._rounds))

    async def run(self, *, duration_s: float | None = None) -> None:
        """Sample until cancelled; while the cluster does not answer there is a gap, and the note says since when.

        Args:
            duration_s: Take no round that would begin later than this; the first is always taken.
        """
        end = None if duration_s is None else time.monotonic() + duration_s
        try:
            self._state = "live"
            while True:
                began = time.monotonic()
                await self._sample()
                # A round that takes longer than the interval is not overlapped: the next starts at once.
                wait_s = max(0.0, self._interval_s - (time.monotonic() - began))
                if end is not None and time.monotonic() + wait_s > end:
                    self._state = "ended"
                    return
                await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            self._state = "stopped"
            raise
        except Exception as error:
            self._state, self._note = "failed", str(error)
            raise

    async def _sample(self) -> None:
        began = datetime.now(UTC)
        self._asking_since = time.monotonic()
        try:
            taken = await self._sampler.round(interval_ms=int(self._interval_s * 1000))
        except WorkbenchError as error:
            self._away_since = self._away_since or began
            self._unreachable = isinstance(error, BrokerUnavailableError)
            self._say(f"no sample since {clock_text(self._away_since, precision='s')}: {error}")
            return
        finally:
            self._asking_since = None
        # Stored before it is shown: a round on the screen is one that the file has.
        await self._store(taken)
        self._away_since, self._unreachable = None, False
        self._rounds.append(tables_of([taken]))
        self.version += 1
        self._say(_note(taken))

    async def _store(self, taken: LagRound) -> None:
        if self._record is None:
            return
        storing = asyncio.ensure_future(asyncio.to_thread(self._record, taken))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            # The thread goes on, and whoever cancelled may close the file next: wait for it.
            await asyncio.wait([storing])
            raise

    def _say(self, note: str) -> None:
        self._note = note
        if self._on_note is not None:
            self._on_note(note)

    def frame(self) -> pd.DataFrame:
        """The frame that the figure is made of."""
        return with_partition(self.result.frame)

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Partitions of the newest round as text, furthest behind first."""
        if not self._rounds:
            return _TITLES, ()
        newest = LagResult(self._rounds[-1]).frame.head(_SHOWN_PARTITIONS)
        rows = [
            (
                visible(str(row.group_id), 80),
                shown_text(row.topic),
                shown_text(row.partition),
                number_text(row.lag),
                number_text(row.lost),
                number_text(row.ahead),
                number_text(row.held),
                number_text(row.committed),
                number_text(row.high),
                str(row.state),
                shown_text(row.reason),
            )
            for row in newest.itertuples()
        ]
        return _TITLES, rows


def _note(taken: LagRound) -> str:
    unread = f"; {len(taken.errors)} could not be read" if taken.errors else ""
    return f"sampled {clock_text(taken.high_at_ms, precision='s')}, {counted(len(taken.groups), 'group')}{unread}"
