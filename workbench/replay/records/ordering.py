"""Orders the records of a plan; their order is the order of sending."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.ascending import rows_ascend
from workbench.buffers.mapped import taken_table
from workbench.replay.record_positions import POSITION

Order = npt.NDArray[np.int64]


def by_position(records: pa.Table) -> Order:
    """Return the rows by topic, source, partition, offset."""
    topics = records["topic"].dictionary_encode()
    topics = topics.combine_chunks() if isinstance(topics, pa.ChunkedArray) else topics
    _, ranks = np.unique(np.array(topics.dictionary.to_pylist(), dtype=str), return_inverse=True)
    codes = ranks[topics.indices.to_numpy()]
    return np.lexsort(
        (records["offset"].to_numpy(), records["partition"].to_numpy(), records["source_id"].to_numpy(), codes),
    ).astype(np.int64)


def by_time(records: pa.Table) -> Order:
    """Return the rows of all source partitions merged by time, each partition in its own offset order.

    Within a partition the running maximum of its timestamps decides, so a record that is older than the one before it
    waits for it instead of overtaking. Equal times go by position.
    """
    order = by_position(records)
    times = records["timestamp_ms"].to_numpy()[order]
    source = records["source_id"].to_numpy()[order]
    partition = records["partition"].to_numpy()[order]
    changes = np.flatnonzero((np.diff(source) != 0) | (np.diff(partition) != 0)) + 1
    running: npt.NDArray[Any] = times.copy()
    for begin, end in pairwise([0, *changes.tolist(), len(order)]):
        running[begin:end] = np.maximum.accumulate(times[begin:end])
    return order[np.argsort(running, kind="stable")]


def ordered(records: pa.Table, order: str) -> pa.Table:
    """Sort records by one of the order options."""
    # Snapshots give records by position: most selections need neither sorting nor a copy.
    if order == "offset" and _is_by_position(records):
        return records
    rows = by_position(records) if order == "offset" else by_time(records)
    return records if (rows[1:] > rows[:-1]).all() else taken_table(records, rows)


def _is_by_position(records: pa.Table) -> bool:
    if len(pc.unique(records["topic"])) > 1:
        return False
    return rows_ascend(records, POSITION)
