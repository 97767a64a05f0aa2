"""Brings raw and decoded columns of one topic into the row layouts of the store."""

from __future__ import annotations

import pyarrow as pa

from workbench.model.records.columns import EVENT, RECORD
from workbench.store.file.layout import SOURCE_ID, TIMESTAMP_FIELDS, in_layout


def stored_rows(
    source_id: int, records: pa.Table | pa.RecordBatch, events: pa.Table | pa.RecordBatch
) -> tuple[pa.Table, pa.Table]:
    """Bring `RECORD` and `EVENT` columns of one source into the layouts of the store.

    Raises:
        ValueError: The decoded rows do not stand at the positions of the raw ones.
    """
    raw = in_layout(records, RECORD)
    decoded = in_layout(events, EVENT)
    if raw.num_rows != decoded.num_rows or not raw["offset"].equals(decoded["offset"]):
        raise ValueError("The decoder returned rows of other positions than it was given.")
    number = pa.repeat(pa.scalar(source_id, pa.int32()), raw.num_rows)
    stored = decoded.add_column(0, SOURCE_ID, number)
    # Behind the source, the partition and the offset.
    for place, field in enumerate(TIMESTAMP_FIELDS, 3):
        stored = stored.add_column(place, field, raw[field.name])
    return raw.add_column(0, SOURCE_ID, number), stored
