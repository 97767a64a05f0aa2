"""Writes found records as rows of short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import position_text, time_text, visible, visible_bytes

if TYPE_CHECKING:
    import pyarrow as pa

TITLES = ("position", "time (UTC)", "type", "key", "value")
_COLUMNS = ["topic", "partition", "offset", "timestamp_ms", "event_type", "key", "value"]


def shown_rows(found: pa.Table, most: int) -> list[tuple[str, ...]]:
    """Return the first rows of `workbench.live.search.columns.SEARCHED` as texts, a column for each of `TITLES`."""
    return [
        (
            position_text(row["topic"], row["partition"], row["offset"], limit=60),
            time_text(None if row["timestamp_ms"] < 0 else row["timestamp_ms"]),
            visible(row["event_type"] or "", 40),
            "" if row["key"] is None else visible_bytes(row["key"], 40),
            "" if row["value"] is None else visible_bytes(row["value"], 100),
        )
        for row in found.slice(0, most).select(_COLUMNS).to_pylist()
    ]
