"""Counts how far a search is in each partition, and tells a listener a few times a second."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from workbench.model.feeds import PartProgress, Progress
from workbench.model.records.record import TopicPartition
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.model import Span
    from workbench.model.records.chunk import Gap

    Listener = Callable[[Progress], None]

EVERY_S = 0.2

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class PartitionSearch:
    """How far a search is in one partition."""

    topic: str
    partition: int
    start: int
    end: int
    position: int
    """Next offset to search; the lowest one searched where it goes backwards."""
    backwards: bool = False
    scanned: int = 0
    """Records that were searched."""
    matched: int = 0
    undecoded: int = 0
    """Records whose value was asked for and that no format reads."""
    control: int = 0
    aborted: int = 0
    gaps: list[Gap] = field(default_factory=list)
    """Offsets that could not be read."""

    @property
    def missing(self) -> int:
        """Number of offsets that could not be read."""
        return sum(gap.stop - gap.start for gap in self.gaps)

    @property
    def remaining(self) -> int:
        """Number of offsets that were not searched."""
        return self.position - self.start if self.backwards else self.end - self.position

    def part(self) -> PartProgress:
        """Return it as a part of a progress."""
        counts = (("scanned", self.scanned), ("matched", self.matched), ("undecoded", self.undecoded))
        name = partition_text(self.topic, self.partition)
        return PartProgress(name, self.start, self.end, self.position, counts=counts, backwards=self.backwards)

    def row(self) -> dict[str, Any]:
        """Return it as a row of the provenance."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "from": self.start,
            "position": self.position,
            "end": self.end,
            "scanned": self.scanned,
            "matched": self.matched,
            "remaining": self.remaining,
            "undecoded": self.undecoded,
            "missing": self.missing,
            "control": self.control,
            "aborted": self.aborted,
            "gaps": [{"reason": gap.reason, "start": gap.start, "stop": gap.stop} for gap in self.gaps],
        }


class SearchProgress:
    """The progress of all partitions of a search."""

    def __init__(self, spans: Iterable[Span], *, backwards: bool, listener: Listener | None) -> None:
        self.partitions = {TopicPartition(one.topic, one.partition): _begin(one, backwards=backwards) for one in spans}
        self._listener = listener
        self._told = 0.0
        self._state: Literal["running", "done", "stopped", "failed"] = "running"
        self._note = ""

    def __getitem__(self, place: TopicPartition) -> PartitionSearch:
        return self.partitions[place]

    @property
    def scanned(self) -> int:
        """Records that were searched."""
        return sum(one.scanned for one in self.partitions.values())

    @property
    def matched(self) -> int:
        """Records that were found."""
        return sum(one.matched for one in self.partitions.values())

    @property
    def progress(self) -> Progress:
        """The progress at this moment."""
        parts = tuple(one.part() for one in self.partitions.values())
        counts = (
            ("scanned", self.scanned),
            ("matched", self.matched),
            ("undecoded", sum(one.undecoded for one in self.partitions.values())),
            ("missing", sum(one.missing for one in self.partitions.values())),
        )
        return Progress(self._state, parts, self._note, counts)

    def say(self, text: str) -> None:
        """Show a remark while the search goes on."""
        self._note = text
        self.tell()

    def end(self, state: Literal["done", "stopped", "failed"], note: str) -> None:
        """Tell how the search ended."""
        self._state, self._note = state, note
        self.tell()

    def tell_now_and_then(self) -> None:
        """Tell the listener, at most five times a second."""
        if time.monotonic() - self._told >= EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Call the listener, if there is one; one that fails is not called again, and the search goes on."""
        self._told = time.monotonic()
        if self._listener is None:
            return
        try:
            self._listener(self.progress)
        except Exception:
            _logger.exception("A listener of a search failed and is not called again")
            self._listener = None


def _begin(span: Span, *, backwards: bool) -> PartitionSearch:
    stop = span.start if span.stop is None else span.stop
    return PartitionSearch(span.topic, span.partition, span.start, stop, stop if backwards else span.start, backwards)
