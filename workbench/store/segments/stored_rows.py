"""Brings raw and decoded columns of one topic into the row layouts of the store."""

from __future__ import annotations

import pyarrow as pa

from workbench.model.records.columns import EVENT, RECORD
from workbench.store.file.layout import STORED_EVENT, STORED_RECORD, in_layout


def stored_rows(source_id: int, records: pa.Table, events: pa.RecordBatch | pa.Table) -> tuple[pa.Table, pa.Table]:
    """Bring `RECORD` and `EVENT` columns of one source into the layouts of the store.

    Raises:
        ValueError: The decoded rows do not stand at the positions of the raw ones.
    """
    raw = in_layout(records, RECORD)
    decoded = in_layout(pa.table(events.columns, names=events.schema.names), EVENT)
    if raw.num_rows != decoded.num_rows or not raw["offset"].equals(decoded["offset"]):
        raise ValueError("The decoder returned rows of other positions than it was given.")
    number = pa.repeat(pa.scalar(source_id, pa.int32()), raw.num_rows)
    timestamps = [raw["timestamp_ms"], raw["timestamp_type"]]
    return (
        pa.table([number, *raw.columns], schema=STORED_RECORD),
        pa.table([number, *decoded.columns[:2], *timestamps, *decoded.columns[2:]], schema=STORED_EVENT),
    )
