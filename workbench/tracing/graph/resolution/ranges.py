"""Finds the first captured record of each partition whose beginning is not captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import TableError
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.rows import Rows

RANGES = pa.schema(
    [
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("from", pa.int64(), nullable=False),
        pa.field("next", pa.int64(), nullable=False),
    ],
)
"""Captured offsets ``[from, next)`` of each partition, in any number of ranges.

Further columns are ignored, so the ``capture_ranges`` of a snapshot can be passed as they are.
"""


def uncaptured_starts(rows: Rows, ranges: pa.Table | None) -> pd.Series[int]:
    """Return the time of the latest first captured record by topic code, for topics whose beginning is missing.

    Ranges that touch or overlap count as one. Of several the last one counts, because a cause may lie in the gap before
    it. A range without a record that has a time is left out.

    Raises:
        TableError: A column is missing.
    """
    if ranges is None or not ranges.num_rows:
        return pd.Series(np.zeros(0, dtype=np.int64), dtype=np.int64)
    missing = [name for name in RANGES.names if name not in ranges.column_names]
    if missing:
        raise TableError(f"The table of captured ranges lacks {', '.join(missing)}; it needs {RANGES.names}.")
    merged = _last_ranges(ranges.select(RANGES.names).to_pandas())
    begun = merged[merged["from"] > 0]
    found = pd.DataFrame(
        {
            "source_id": rows.source_id,
            "partition": rows.partition,
            "offset": rows.offset,
            "topic": rows.topic.codes,
            "time": rows.time,
        },
    )
    found = found[(found["time"] != NO_TIME)].merge(begun, on=["source_id", "partition"])
    found = found[found["offset"] >= found["from"]]
    first = found.loc[found.groupby(["source_id", "partition"])["offset"].idxmin()]
    latest: pd.Series[int] = first.groupby("topic")["time"].max()
    return latest


def _last_ranges(ranges: pd.DataFrame) -> pd.DataFrame:
    """Merge ranges that touch, and keep the last one of each partition."""
    partition = ["source_id", "partition"]
    ranges = ranges[ranges["next"] > ranges["from"]].sort_values([*partition, "from"], ignore_index=True)
    reached = ranges.groupby(partition)["next"].cummax().groupby([ranges[name] for name in partition]).shift()
    begins = reached.isna() | (ranges["from"] > reached)
    return ranges[begins].drop_duplicates(partition, keep="last")[[*partition, "from"]]
