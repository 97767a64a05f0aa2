"""Chooses target partitions by policy, for some records after the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.bus.partitioners import crc32_column, fnv1a_column, murmur2_column

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.replay.options import Partitions

Column = npt.NDArray[np.int32]

HASHES = {"murmur2": murmur2_column, "crc32": crc32_column, "fnv1a": fnv1a_column}
UNPLACED = -1
"""Stands for a partition that the target does not have; 0 is a partition."""


class Placer:
    """Places the records of one target, in seq order; turns go on from one call to the next.

    A hash policy places null keys round robin, as producers place them without looking at the record.

    Args:
        policy: The partition policy; None where the partitioner to be followed is not known.
        count: Partitions of the target; 0 when it does not exist.
    """

    def __init__(self, policy: Partitions | None, count: int) -> None:
        self._policy = policy
        self._count = count
        self._turns = 0
        """Records that were placed in turn so far."""

    @property
    def reads_keys(self) -> bool:
        """Whether the policy looks at keys."""
        return self._policy is not None and self._policy.policy in HASHES

    def place(self, partitions: Column, keys: pa.Array | None) -> Column:
        """Return the target partition of each record; `UNPLACED` where it has none.

        Args:
            partitions: Source partition of each record.
            keys: Key of each record, binary, nulls allowed; None where they are not read.
        """
        wanted = self._wanted(partitions, keys)
        placed: Column = np.where((wanted >= 0) & (wanted < self._count), wanted, UNPLACED).astype(np.int32)
        return placed

    def _wanted(self, partitions: Column, keys: pa.Array | None) -> Column:
        rows, policy = len(partitions), self._policy
        if policy is not None and policy.policy == "keep":
            return partitions
        if policy is None or not self._count:
            return np.full(rows, UNPLACED, np.int32)
        if policy.policy == "fixed":
            return np.full(rows, UNPLACED if policy.number is None else policy.number, np.int64).astype(np.int32)
        if policy.policy == "map":
            mapping = dict(policy.mapping)
            return np.fromiter((mapping.get(p, UNPLACED) for p in partitions.tolist()), np.int32, rows)
        if policy.policy == "round_robin":
            return self._in_turn(rows)
        placed = HASHES[policy.policy](keys, self._count)
        keyless = np.flatnonzero(placed < 0)
        placed[keyless] = self._in_turn(len(keyless))
        return placed

    def _in_turn(self, rows: int) -> Column:
        first = self._turns
        self._turns += rows
        return ((first + np.arange(rows)) % self._count).astype(np.int32)
