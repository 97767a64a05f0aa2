"""Chooses target partitions by policy."""

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


def place(policy: Partitions, partitions: npt.NDArray[np.int32], keys: pa.Array, count: int) -> Column:
    """Return the target partition of each record of one target; `UNPLACED` where it has none.

    A hash policy places null keys round robin, as producers place them without looking at the record.

    Args:
        policy: The partition policy.
        partitions: Source partition of each record, in seq order.
        keys: Key of each record, binary, nulls allowed.
        count: Partitions of the target; 0 when it does not exist.
    """
    wanted = _wanted(policy, partitions, keys, count)
    placed: Column = np.where((wanted >= 0) & (wanted < count), wanted, UNPLACED).astype(np.int32)
    return placed


def _wanted(policy: Partitions, partitions: npt.NDArray[np.int32], keys: pa.Array, count: int) -> Column:
    rows = len(partitions)
    if policy.policy == "keep":
        return partitions
    if policy.policy == "fixed":
        return np.full(rows, UNPLACED if policy.number is None else policy.number, np.int64).astype(np.int32)
    if policy.policy == "map":
        mapping = dict(policy.mapping)
        return np.fromiter((mapping.get(p, UNPLACED) for p in partitions.tolist()), np.int32, rows)
    if count == 0:
        return np.full(rows, UNPLACED, np.int32)
    if policy.policy == "round_robin":
        return (np.arange(rows) % count).astype(np.int32)
    placed = HASHES[policy.policy](keys, count)
    keyless = np.flatnonzero(placed < 0)
    placed[keyless] = np.arange(len(keyless)) % count
    return placed
