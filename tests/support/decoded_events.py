"""Builds tables of decoded events from a few named fields; the others get the values of an unrecognised record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVENT_TABLE = pa.schema(
    [
        *EVENT,
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("topic", pa.string()),
        pa.field("timestamp_ms", pa.int64()),
        pa.field("timestamp_type", pa.int8()),
        pa.field("value", pa.binary()),
    ],
)
"""Columns of the event tables that a snapshot gives to analysis and replay."""

_DEFAULTS: Mapping[str, Any] = {
    "partition": 0,
    "offset": 0,
    "convention": "contract",
    "also_matched": [],
    "id_scope": "global",
    "link_ids": [],
    "causes": [],
    "cause_state": "unknown",
    "tombstone": False,
    "problems": [],
    "cluster": "cluster-a",
    "topic": "t",
    "timestamp_ms": -1,
    "timestamp_type": -1,
}


def cause(value: str, *, target: str = "event_id", rank: int = 0, via: str = "metadata.causation_id") -> dict[str, Any]:
    """Return one entry of the column ``causes``."""
    return {"target": target, "value": value, "via": via, "rank": rank}


def event_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Build an event table from rows that give only some of the fields.

    ``causes`` may list plain event ids. ``t`` is short for ``event_time`` in microseconds. A row without an offset gets
    the next one of its topic and partition; without a source_id, that of its cluster and topic.
    """
    filled = []
    sources: dict[tuple[str, str], int] = {}
    following: dict[tuple[int, str, int], int] = {}
    for row in rows:
        whole = {**dict.fromkeys(EVENT_TABLE.names), **_DEFAULTS, **row}
        if "t" in whole:
            whole["event_time"] = whole.pop("t")
        whole["causes"] = [cause(c) if isinstance(c, str) else c for c in whole["causes"]]
        if whole["causes"] and "cause_state" not in row:
            whole["cause_state"] = "declared"
        if "source_id" not in row:
            whole["source_id"] = sources.setdefault((whole["cluster"], whole["topic"]), len(sources))
        place = (whole["source_id"], whole["topic"], whole["partition"])
        if "offset" not in row:
            whole["offset"] = following.get(place, 0)
        following[place] = whole["offset"] + 1
        filled.append(whole)
    return pa.Table.from_pylist(filled, schema=EVENT_TABLE)
