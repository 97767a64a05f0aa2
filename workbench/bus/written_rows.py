"""Writes columns through a writer that takes single records, for backends where bulk does not pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.model.records.record import NewRecord
from workbench.model.records.written import ACKED, FAILED, UNKNOWN, WrittenColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.model.topics import Outcome

_STATES = {"acked": ACKED, "failed": FAILED, "unknown": UNKNOWN}


def new_records(topic: str, records: pa.RecordBatch) -> list[NewRecord]:
    """Make a record of each row; see `workbench.bus.protocols.Writer.send_columns` for the columns."""
    names = ("key", "value", "headers", "partition", "timestamp_ms")
    columns = (records.column(name).to_pylist() for name in names)
    return [
        NewRecord(topic, key, value, tuple((one["name"], one["value"]) for one in headers), partition, timestamp_ms)
        for key, value, headers, partition, timestamp_ms in zip(*columns, strict=True)
    ]


def written_columns(outcomes: Sequence[Outcome]) -> WrittenColumns:
    """Set the outcomes of single records side by side."""
    return WrittenColumns(
        np.array([_STATES[outcome.status] for outcome in outcomes], np.uint8),
        np.array([-1 if outcome.offset is None else outcome.offset for outcome in outcomes], np.int64),
        np.array([outcome.timestamp_ms or 0 for outcome in outcomes], np.int64),
        {index: outcome.error for index, outcome in enumerate(outcomes) if outcome.error is not None},
    )
