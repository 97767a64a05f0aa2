"""Feed of the lineage panel: source records with what a transform made of them, some at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

Only: TypeAlias = Literal["all", "changed", "no output", "failed", "missing"]
"""Which source records are shown. ``missing`` have an output that the captured view does not have."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """The begin of a key or value, and its whole size; both None where it is null."""

    head: bytes | None
    size: int | None


@dataclass(frozen=True, slots=True)
class LineageOutput:
    """One record that was written for a source record."""

    topic: str
    key: Bytes
    value: Bytes
    headers: int
    changed: bool
    """Whether key, value or headers differ from those of the source record."""
    found: int | None = None
    """Its offset in the captured view."""
    missing: bool = False
    """Whether the captured view does not have it; False where none was compared."""


@dataclass(frozen=True, slots=True)
class LineageRow:
    """A source record, and what was written for it."""

    offset: int
    key: Bytes
    value: Bytes
    headers: int
    outputs: tuple[LineageOutput, ...]
    failure: str | None = None
    """Why the transform failed at it."""
    read: bool = True
    """Whether the transform came that far."""


@dataclass(frozen=True, slots=True)
class LineagePage:
    """Source records in the order of their offsets."""

    rows: tuple[LineageRow, ...]
    next: int | None
    """Offset at which the next page begins; None at the end of the partition."""
    looked_at: int
    """Source records that were looked at to find these."""


@dataclass(frozen=True, slots=True)
class LineageLine:
    """A line of the transform's log. Its text is the guest's."""

    where: str
    level: str
    text: str


@runtime_checkable
class LineageFeed(Protocol):
    """A run of a transform over captured records."""

    @property
    def name(self) -> str: ...
    @property
    def partitions(self) -> Sequence[tuple[str, int]]:
        """Topic and partition of each run, in order."""
        ...

    @property
    def remarks(self) -> Sequence[str]:
        """Counts, whether it is complete, and failures."""
        ...

    @property
    def compared(self) -> bool:
        """Whether the outputs were compared with a captured view."""
        ...

    @property
    def lines(self) -> Sequence[LineageLine]:
        """The log, oldest first."""
        ...

    @property
    def dropped_lines(self) -> int:
        """Lines of the log that were not kept."""
        ...

    @property
    def unmatched(self) -> Sequence[tuple[str, int, int, Bytes, Bytes]]:
        """Records of the captured view that no source record leads to: difference, partition, offset, key and value."""
        ...

    def page(self, part: int, start: int, rows: int, only: Only) -> LineagePage:
        """Read source records of a partition from an offset on; at most ``rows`` of them. May be called in a thread."""
        ...
