"""Counts what decoding found in the values of records: no envelope, raw, damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.buffers.bits import rows_of_text, true_rows, valid_rows
from workbench.model.events.envelope import DAMAGED, RAW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray


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


def count_values(events: pa.RecordBatch, parts: Sequence[int]) -> list[ValueCounts]:
    """Count the values of decoded events; see `value_count_sql` for the same in SQL.

    Args:
        events: Decoded events.
        parts: Rows of each part, from the first row on; each is counted by itself.
    """
    raw, damaged = (rows_of_text(events["format"], word) for word in (RAW, DAMAGED))
    read = ~(raw | damaged | true_rows(events["tombstone"]))
    without_envelope = read & ~valid_rows(events["convention"])
    ends = np.cumsum(np.array([0, *parts]))
    counted = (_between(ends, marks) for marks in (without_envelope, raw, damaged))
    return [ValueCounts(*counts) for counts in zip(*counted, strict=True)]


def _between(ends: NDArray[np.int64], marks: NDArray[np.bool_]) -> list[int]:
    counts: list[int] = np.diff(np.concatenate([[0], np.cumsum(marks)])[ends]).tolist()
    return counts


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
