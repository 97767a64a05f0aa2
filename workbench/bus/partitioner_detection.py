"""Finds which partitioner placed the keys of a topic, from keys that lie in known partitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from workbench.bus.partitioners import crc32, crc32_column, fnv1a, fnv1a_column, murmur2, murmur2_column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

Partitioner: TypeAlias = Literal["murmur2", "crc32", "fnv1a"]

_COLUMNS = {"murmur2": murmur2_column, "crc32": crc32_column, "fnv1a": fnv1a_column}
_ONE: Mapping[Partitioner, Callable[[bytes, int], int]] = {"murmur2": murmur2, "crc32": crc32, "fnv1a": fnv1a}
LEAST_KEYS = 200
"""Different keys that a verdict needs."""
LEAST_SHARE = 0.995
"""Share of the records that a partitioner has to explain."""


@dataclass(frozen=True, slots=True)
class PartitionerVerdict:
    """Which partitioner explains where keys lie.

    Attributes:
        name: The only partitioner that explains at least `LEAST_SHARE` of the records; ``mixed`` where several together
            do, as with two kinds of producers; ``unknown`` otherwise.
        shares: Share of the records that each partitioner explains, 0 to 1.
        records: Records with a key that were looked at.
        keys: Different keys among them.
    """

    name: Literal["murmur2", "crc32", "fnv1a", "mixed", "unknown"]
    shares: Mapping[str, float]
    records: int
    keys: int

    @property
    def share(self) -> float:
        """Share of the records that the best partitioner explains."""
        return max(self.shares.values(), default=0.0)

    @property
    def best(self) -> str:
        """Name of the partitioner that explains most."""
        return max(self.shares, key=lambda name: self.shares[name], default="none")


def partition_of(partitioner: Partitioner, key: bytes, partitions: int) -> int:
    """Return the partition in which a partitioner places a key."""
    return _ONE[partitioner](key, partitions)


def detect_partitioner(keys: pa.Array, lies_in: NDArray[np.int32], partitions: int) -> PartitionerVerdict:
    """Tell which partitioner placed these keys.

    Null and empty keys are left out: clients place the first at random, and some of them the second, too.

    Args:
        keys: Key of each record, binary.
        lies_in: Partition of each record.
        partitions: Partitions of the topic.
    """
    import pyarrow.compute as pc

    keyed = pc.fill_null(pc.greater(pc.binary_length(keys), 0), False).to_numpy(zero_copy_only=False)
    keys, lies_in = keys.filter(keyed), lies_in[np.asarray(keyed, dtype=bool)]
    records, different = len(keys), len(pc.unique(keys))
    if not records:
        return PartitionerVerdict("unknown", {}, 0, 0)
    fits = {name: column(keys, partitions) == lies_in for name, column in _COLUMNS.items()}
    shares = {name: float(found.mean()) for name, found in fits.items()}
    enough = different >= LEAST_KEYS
    alone: list[Partitioner] = [name for name in _ONE if shares[name] >= LEAST_SHARE]
    if enough and len(alone) == 1:
        return PartitionerVerdict(alone[0], shares, records, different)
    together = float(np.logical_or.reduce(list(fits.values())).mean())
    mixed = enough and not alone and together >= LEAST_SHARE
    return PartitionerVerdict("mixed" if mixed else "unknown", shares, records, different)
