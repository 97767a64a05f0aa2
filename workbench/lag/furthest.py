"""Keeps what many groups committed in twelve bytes a partition, and picks the partitions that are furthest behind.

Ten thousand groups that commit on a thousand partitions are ten million commits: gigabytes as objects, and more rows
than anybody reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.model.lag import CommitSample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from workbench.model import CommittedOffset, TopicPartition

UNKNOWN = -(1 << 62)
"""Stands for an end that could not be read, so that such a partition is furthest behind last."""


@dataclass(frozen=True, slots=True)
class PackedCommits:
    """What one group committed on partitions of the round."""

    group_id: str
    places: NDArray[np.int32]
    """Numbers of the partitions in the round."""
    offsets: NDArray[np.int64]

    def furthest_behind(self, ends: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
        """Return number and committed offset of the partitions furthest behind, the furthest first.

        Args:
            ends: End offset of each partition of the round; `UNKNOWN` where it could not be read.
            count: Partitions to return, at most.
        """
        # As doubles: a client may commit any 64-bit number, and a difference of two does not fit into one.
        behind = ends[self.places].astype(np.float64) - self.offsets.astype(np.float64)
        order = np.argsort(-behind, kind="stable")[:count]
        return [(int(self.places[at]), int(self.offsets[at])) for at in order]


def pack(
    group_id: str, stored: Mapping[TopicPartition, CommittedOffset], numbers: Mapping[TopicPartition, int]
) -> PackedCommits:
    """Keep the commits of a group on partitions that have a number."""
    known = [(numbers[partition], commit.offset) for partition, commit in stored.items() if partition in numbers]
    places = np.fromiter((place for place, _ in known), np.int32, len(known))
    return PackedCommits(group_id, places, np.fromiter((offset for _, offset in known), np.int64, len(known)))


def furthest_rows(
    packed: PackedCommits, partitions: Sequence[TopicPartition], ends: NDArray[np.int64], count: int
) -> list[CommitSample]:
    """Return the partitions of a group that are furthest behind as rows."""
    return [
        CommitSample(packed.group_id, partitions[place].topic, partitions[place].partition, offset)
        for place, offset in packed.furthest_behind(ends, count)
    ]
