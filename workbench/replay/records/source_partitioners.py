"""Detects the partitioners by which the producers of the selected records placed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.buffers.mapped import taken_rows
from workbench.bus.partitioner_detection import PartitionerVerdict, detect_partitioner

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.replay.records.raw_rows import Longs

_LOOKED_AT = 100_000
"""Records of a source from which its partitioner is detected."""


def partitioner_of_source(keys: pa.ChunkedArray, partitions: Longs, rows: Longs, count: int) -> PartitionerVerdict:
    """Return which partitioner explains where the records of one source lie.

    Args:
        keys: Keys of all records.
        partitions: Source partition of all records.
        rows: Those of the source.
        count: Partitions of its topic; 0 where that is not known.
    """
    if not count:
        return PartitionerVerdict("unknown", {}, 0, 0)
    looked_at = rows[:_LOOKED_AT]
    found = taken_rows(keys, looked_at).combine_chunks()
    return detect_partitioner(found, partitions[looked_at].astype(np.int32), count)
