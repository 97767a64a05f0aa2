"""Tells a listener how far a run has come."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

from workbench.model.feeds import PartProgress, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.replay.plan.plan import Plan
    from workbench.replay.records.raw_rows import Longs

    ProgressListener: TypeAlias = Callable[[Progress], None]

log = logging.getLogger(__name__)


class RunProgress:
    """Counts what a run has sent, and tells it; over all tries of the run.

    Args:
        plan: The plan that is run.
        listener: Called with each progress; one that fails is not called again.
    """

    def __init__(self, plan: Plan, listener: ProgressListener | None) -> None:
        self._plan = plan
        self._listener = listener
        self.records = 0
        """Records on the target."""
        self.skipped = 0
        self.behind_ms = 0
        """Milliseconds behind the original pace."""
        self._bytes = 0

    def begin(self, waiting: Longs) -> None:
        """Count the records that need not be sent: all but these."""
        sizes, sent = self._plan.records.sizes, self._plan.sent
        self.records = len(sent) - len(waiting)
        self._bytes = int(sizes[sent].sum()) - int(sizes[waiting].sum()) if self.records else 0

    def sent(self, seqs: Longs, acked: int) -> None:
        """Count a batch."""
        self.records += acked
        self._bytes += int(self._plan.records.sizes[seqs].sum())

    def tell(self, state: str, note: str = "") -> None:
        """Call the listener."""
        if self._listener is None:
            return
        plan = self._plan
        part = PartProgress(", ".join(plan.facts.target_topics), 0, len(plan.sent), self.records)
        counts = [("records", self.records), ("bytes", self._bytes), ("skipped", self.skipped)]
        if self.behind_ms:
            counts.append(("behind_ms", self.behind_ms))
        try:
            self._listener(Progress(state, (part,), note, tuple(counts)))  # type: ignore[arg-type]  # one of its words
        except Exception:
            log.exception("A listener of replay %s failed and is not called again", plan.run_id)
            self._listener = None

    def tell_end(self, state: str, note: str | None) -> None:
        """Call the listener with the end of a run, which is in this state of the journal."""
        self.tell({"done": "done", "stopped": "stopped"}.get(state, "failed"), note or "")
