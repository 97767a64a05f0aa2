"""Counts what decoding found in the values of records: no envelope, raw, damaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workbench.buffers.bits import rows_of_text, true_rows, valid_rows
from workbench.model.events.envelope import DAMAGED, RAW


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """Numbers of records; tombstones have no value and are in none of them.

    Attributes:
        without_envelope: Values that were read, or whose format is unknown, and no convention matched.
        raw: Values that no format claims. Conventions may have read the headers of such records.
        damaged: Values that a format claims and cannot read; the column ``damage`` says why.
    """

    without_envelope: int = 0
    raw: int = 0
    damaged: int = 0

    def __add__(self, other: ValueCounts) -> ValueCounts:
        return ValueCounts(
            self.without_envelope + other.without_envelope, self.raw + other.raw, self.damaged + other.damaged
        )


def count_values(events: pa.Table | pa.RecordBatch) -> ValueCounts:
    """Count the values of decoded events; see `value_count_sql` for the same in SQL."""
    batches = [events] if isinstance(events, pa.RecordBatch) else events.to_batches()
    return sum(map(_counted, batches), ValueCounts())


def _counted(events: pa.RecordBatch) -> ValueCounts:
    raw, damaged = (rows_of_text(events["format"], word) for word in (RAW, DAMAGED))
    read = ~(raw | damaged | true_rows(events["tombstone"]))
    without_envelope = read & ~valid_rows(events["convention"])
    return ValueCounts(*(int(np.count_nonzero(marks)) for marks in (without_envelope, raw, damaged)))


def value_count_sql(alias: str) -> dict[str, str]:
    """Write the counts of `ValueCounts` as aggregates of DuckDB over ``events``, by name.

    They are null where a row was decoded by a version that did not tell formats: then nothing is known about it.
    """
    kind, convention, tombstone = (f"{alias}.{name}" for name in ("format", "convention", "tombstone"))
    conditions = {
        "without_envelope": f"{convention} IS NULL AND {kind} NOT IN ('{RAW}', '{DAMAGED}')",
        "raw": f"{kind} = '{RAW}'",
        "damaged": f"{kind} = '{DAMAGED}'",
    }
    known = f"coalesce(bool_and({kind} IS NOT NULL OR {tombstone}), true)"
    return {name: f"CASE WHEN {known} THEN count(*) FILTER ({condition}) END" for name, condition in conditions.items()}
