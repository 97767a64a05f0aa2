"""Rows of formats that the bulk decoder does not read by itself: they are decoded one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.decoding.formats.json import JSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.decoding.formats.format import Format
    from workbench.model.records.record import HeaderList


def record_parts(records: pa.RecordBatch) -> Iterator[tuple[HeaderList, bytes | None]]:
    """Yield the header list and the value of each record."""
    for headers, value in zip(records.column("headers").to_pylist(), records.column("value").to_pylist(), strict=True):
        yield tuple((header["name"], header["value"]) for header in headers), value


def rows_of_other_formats(topic: str, records: pa.RecordBatch, formats: Sequence[Format]) -> NDArray[np.bool_]:
    """Mark the rows that formats claim which are not read in columns; all rows where JSON is not among the formats."""
    if not any(one.name == JSON and one.in_columns for one in formats):
        return np.ones(records.num_rows, bool)
    claimed = np.zeros(records.num_rows, bool)
    asked: list[Format] = []
    for one in formats:
        if one.in_columns:
            continue
        rows = one.claimed_rows(topic, records)
        if rows is None:
            asked.append(one)
        else:
            claimed |= rows
    if asked:
        claimed |= np.fromiter(
            (
                value is not None and any(_claims(one, topic, headers, value) for one in asked)
                for headers, value in record_parts(records)
            ),
            bool,
            records.num_rows,
        )
    return claimed


def _claims(one: Format, topic: str, headers: HeaderList, value: bytes) -> bool:
    # A format that fails on a value is asked again by the per-record decoder, which keeps the reason.
    try:
        return one.claims(topic, headers, value)
    except Exception:  # noqa: BLE001
        return True
