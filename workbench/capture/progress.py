"""Progress of a capture: position and rate of each partition, and totals."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Literal

from workbench.model.events.value_counts import ValueCounts
from workbench.model.feeds import PartProgress, Progress
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.capture.partition_tasks import PartitionTask
    from workbench.model import Chunk

log = logging.getLogger(__name__)

EVERY_S = 0.2
_SMOOTHING_S = 3.0


class CaptureProgress:
    """Counts stored records, and tells a listener at most five times a second."""

    def __init__(self, tasks: Iterable[PartitionTask], listener: Callable[[Progress], None] | None) -> None:
        self._listener = listener
        self._told = 0.0
        self._state: Literal["running", "done", "stopped", "failed"] = "running"
        self._note = ""
        self._partitions = {task.key: _PartitionProgress(task) for task in tasks}
        self.records = 0
        self.values = ValueCounts()
        self.missing = 0
        """Offsets that could not be read."""

    @property
    def progress(self) -> Progress:
        """The progress at this moment."""
        parts = tuple(partition.progress() for partition in self._partitions.values())
        counts = (
            ("records", self.records),
            ("no envelope", self.values.without_envelope),
            ("raw", self.values.raw),
            ("damaged", self.values.damaged),
            ("missing", self.missing),
        )
        return Progress(self._state, parts, self._note, counts)

    def add(self, task: PartitionTask) -> None:
        """Show one more partition, which was added while the capture follows."""
        self._partitions[task.key] = _PartitionProgress(task)

    def say(self, text: str) -> None:
        """Show a remark while the capture goes on."""
        self._note = text
        self.tell()

    def note(self, task: PartitionTask, chunk: Chunk, values: ValueCounts) -> None:
        """Count one stored chunk."""
        self.records += chunk.records.num_rows
        self.values += values
        self.missing += sum(gap.stop - gap.start for gap in chunk.gaps)
        self._partitions[task.key].move(chunk.next, chunk.records.num_rows)
        now = time.monotonic()
        if now - self._told >= EVERY_S:
            self._told = now
            self.tell()

    def end(self, state: Literal["done", "stopped", "failed"], note: str) -> None:
        """Tell the listener how the capture ended."""
        self._state, self._note = state, note
        self.tell()

    def tell(self) -> None:
        """Call the listener, if there is one; one that fails is not called again, and the capture goes on."""
        if self._listener is None:
            return
        try:
            self._listener(self.progress)
        except Exception:
            log.exception("A listener of a capture failed and is not called again")
            self._listener = None


class _PartitionProgress:
    def __init__(self, task: PartitionTask) -> None:
        self._span = task.span
        self._position = task.span.start
        self._rate: float | None = None
        self._at = time.monotonic()

    def move(self, position: int, records: int) -> None:
        now = time.monotonic()
        elapsed = max(now - self._at, 1e-6)
        weight = min(1.0, elapsed / _SMOOTHING_S)
        lately = records / elapsed
        self._rate = lately if self._rate is None else self._rate + weight * (lately - self._rate)
        self._position, self._at = position, now

    def progress(self) -> PartProgress:
        span = self._span
        name = partition_text(span.topic, span.partition)
        return PartProgress(name, span.start, span.stop, self._position, self._rate)
