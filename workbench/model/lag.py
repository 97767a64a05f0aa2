"""Defines the samples of one round of lag sampling: log bounds, committed offsets and the times of reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import partition_text

if TYPE_CHECKING:
    from workbench.model.topics import GroupInfo


@dataclass(frozen=True, slots=True)
class OffsetSample:
    """Bounds of one partition log, each read when its group of reads was due."""

    topic: str
    partition: int
    low: int | None
    """Log start offset: the first that can still be read."""
    lso: int | None
    """Last stable offset: no transaction before it is open."""
    high: int | None
    """High watermark: one past the last replicated record."""
    leader: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CommitSample:
    """Committed offset of a group for one partition; partitions of its topics without a commit have a row too."""

    group_id: str
    topic: str
    partition: int
    committed: int | None
    leader_epoch: int | None = None
    metadata: str = ""
    member_id: str | None = None
    """Member that the partition is assigned to, if any."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LagRound:
    """One pass over all groups and partitions.

    Read strictly in the order low, committed, lso, high: then ``committed < low`` is never a false alarm, lag and held
    are never negative, and lag is overstated by at most what was produced between ``committed_at_ms`` and
    ``high_at_ms``. Times are UTC milliseconds mapped once from one monotonic clock.
    """

    round_id: int
    """Start in UTC milliseconds: unique within a cluster, ascending."""
    cluster_id: str
    started_at_ms: int
    low_at_ms: int
    committed_at_ms: int
    high_at_ms: int
    finished_at_ms: int
    interval_ms: int | None
    """None for a single sample."""
    offsets: tuple[OffsetSample, ...]
    commits: tuple[CommitSample, ...]
    groups: tuple[GroupInfo, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """Messages of the reads that failed, each once."""
        said = [f"group {g.group_id}: {g.error}" for g in self.groups if g.error]
        said += [
            f"group {c.group_id} on {partition_text(c.topic, c.partition)}: {c.error}" for c in self.commits if c.error
        ]
        said += [f"{partition_text(o.topic, o.partition)}: {o.error}" for o in self.offsets if o.error]
        return tuple(dict.fromkeys(said))
