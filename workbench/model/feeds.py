"""Feeds of the widgets: frozen values, and the protocols that a widget receives through its constructor.

A feed answers at once and from memory, except where a method is a coroutine. Its values are masked already; its texts
may be hostile, and the widget escapes them. The graph's feed is `workbench.model.causation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from workbench.text import position_text

if TYPE_CHECKING:
    from collections.abc import Sequence

FeedState: TypeAlias = Literal["waiting", "live", "no answer", "paused", "stopped", "closed", "ended", "failed"]
"""``no answer`` waits for a cluster that is silent, ``paused`` reads nothing until a view returns, ``stopped`` was
asked to, ``closed`` was ended by its owner (the cluster was closed, or its cell was run again), ``ended`` has nothing
more to read."""


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Position of a record on the cluster that is followed; it identifies the row in every view, filter and order."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """Return ``topic/partition@offset``, for example ``orders/3@1842``."""
        return position_text(self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a row view."""

    name: str
    title: str
    width_px: int
    numeric: bool = False
    grow: bool = False
    """Whether the column takes the remaining width."""
    hidden: bool = False
    """Whether the column is shown only when it is chosen."""
    ends: bool = False
    """Whether its texts are names that differ at their ends, so that a common start is dimmed and cut first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row on screen: short cells, one for each column."""

    identity: Identity
    cells: tuple[str, ...]
    problem: bool = False
    """Whether the record has a problem, which one of the cells names."""


@dataclass(frozen=True, slots=True)
class RowStats:
    """Counters of a row feed at one moment. Positions count rows of the present view, filtered or not."""

    state: FeedState
    view: int
    """Number of the view: another filter makes another view, and positions start anew."""
    base: int
    """Position of the oldest row held."""
    end: int
    """Position after the newest row."""
    total: int
    """Records read so far."""
    held: int
    """Records held, filtered out or not."""
    dropped: int
    """Records that were read and discarded, or skipped."""
    behind: int | None
    """Records between the read position and the end of the log; None while that is not known."""
    note: str = ""
    """Reason why it is not live, or another remark."""
    filtering: bool = False
    """Whether a filter is being applied; the rows are still those of the former view."""


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """A record in full, as text: name and value of each fact, in order."""

    identity: Identity
    facts: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: str
    """The value, indented where it is JSON."""


@runtime_checkable
class RowFeed(Protocol):
    """Gives rows by position. Positions only grow; the oldest rows are discarded."""

    @property
    def name(self) -> str:
        """Short description of what is followed."""
        ...

    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def stats(self) -> RowStats: ...
    def window(self, start: int, end: int) -> Sequence[Row]:
        """Return the rows of ``[start, end)`` that are still held, in order; the first is at ``max(start, base)``."""
        ...

    def resolve(self, start: int, end: int, limit: int) -> Sequence[Identity]:
        """Return the records in ``[start, end)``, at most ``limit``."""
        ...

    def record(self, identity: Identity) -> RecordDetail | None:
        """Return the whole record, or None if it is no longer held."""
        ...

    async def set_filter(self, text: str) -> None:
        """Show matching rows only; `ValidationError` when the text cannot be used: then all rows are shown."""
        ...

    async def set_order(self, column: str, *, descending: bool = False) -> None:
        """Sort the rows that are held by a column, and wait with reading; an empty name reads on."""
        ...

    def pause(self) -> None:
        """Stop reading until `resume`: no browser shows the rows."""
        ...

    def resume(self) -> None:
        """Resume reading from the present. Records passed over meanwhile count as dropped."""
        ...

    async def stop(self) -> None:
        """Stop reading for good; the rows that are held stay available."""
        ...

    async def aclose(self) -> None:
        """Stop reading and give back the memory, but for the newest rows."""
        ...

    def close(self) -> None:
        """Stop reading and give back all memory at once."""
        ...


@runtime_checkable
class LagFeed(Protocol):
    """Samples of consumer lag, newest last."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int:
        """Grows with each sample."""
        ...

    @property
    def state(self) -> FeedState: ...
    @property
    def note(self) -> str:
        """Time of the newest sample, and what could not be sampled."""
        ...

    def frame(self) -> Any:
        """Return the frame that the figure draws."""
        ...

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return column titles and rows of the newest sample, as text."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """A record of a plan, shown before the plan runs."""

    why: str
    """Why it was picked: first, last, largest, one of its type."""
    position: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Facts of a plan that are shown before it runs."""

    token: str
    """Text to type to run the plan: the first digits of its hash."""
    target: str
    """Physical name of the target topic."""
    cluster: str
    protected: bool
    """The name of the target must be typed too."""
    records: int
    bytes: int
    summary: tuple[tuple[str, str], ...] = ()
    """Mode, ids, partitions, timestamps, first and last time, estimated duration, …"""
    lanes: tuple[tuple[str, int], ...] = ()
    """Target partition and number of records."""
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    """Each begins with its rule (``G-5: …``); while there is one, the plan cannot run."""
    samples: tuple[Sample, ...] = ()
    diffs: tuple[tuple[str, str], ...] = ()
    """Position of some rewritten records, and the difference of their bodies."""


@runtime_checkable
class PlanSource(Protocol):
    """A replay plan, and the one guarded call that runs it."""

    @property
    def facts(self) -> PlanFacts: ...
    @property
    def progress(self) -> Progress:
        """Progress of the run; read repeatedly while `run` is awaited."""
        ...

    def pause(self) -> None:
        """Let the run wait after its present batch."""
        ...

    def resume(self) -> None:
        """Let a paused run go on."""
        ...

    def report(self) -> Any:
        """Return the report of a run that ended before its end, from its journal; None where it did not begin."""
        ...

    async def run(self, *, confirm: str, target: str | None) -> Any:
        """Run the plan: the same call as from Python, with the token that was typed.

        Returns:
            The report; its ``str`` is shown.

        Raises:
            ReplayRefused: A guard refused; nothing was written.
        """
        ...


@dataclass(frozen=True, slots=True)
class PartProgress:
    """One part of a job: usually a partition."""

    name: str
    start: int
    end: int | None
    """End offset, exclusive; None follows the log without end."""
    position: int
    rate: float | None = None
    """Records a second, lately."""
    counts: tuple[tuple[str, int], ...] = ()
    """Further counts of this part, such as records that matched."""
    backwards: bool = False
    """Whether it goes from the end to the start; the position then comes down to the start."""

    @property
    def remaining(self) -> int | None:
        """Number that is left; None when there is no end."""
        if self.end is None:
            return None
        return max(self.position - self.start, 0) if self.backwards else max(self.end - self.position, 0)

    @property
    def share(self) -> float | None:
        """Done, 0 to 1; None when there is no end."""
        if self.end is None:
            return None
        span = self.end - self.start
        return 1.0 if span <= 0 else min(max(1.0 - (self.remaining or 0) / span, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a job."""

    state: Literal["waiting", "running", "done", "stopped", "failed"]
    parts: tuple[PartProgress, ...] = ()
    note: str = ""
    counts: tuple[tuple[str, int], ...] = field(default=())
    """Further counts: records, bytes, damaged, acknowledged, failed."""

    @property
    def over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.state in ("done", "stopped", "failed")


@runtime_checkable
class ProgressFeed(Protocol):
    """Reports the progress of a job, and cancels it."""

    @property
    def name(self) -> str: ...
    @property
    def progress(self) -> Progress: ...
    async def cancel(self) -> None:
        """Cancel the job; the work done so far stays valid."""
        ...
