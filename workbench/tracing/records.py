"""Reads the raw records of events, through a reader that whoever holds the records gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

RecordReader: TypeAlias = "Callable[[pa.Table], pa.Table]"
"""Called with positions (``source_id``, ``partition``, ``offset``); returns these with ``key`` and ``value``."""

POSITION = ("source_id", "partition", "offset")


def positions_table(graph: CausalGraph, nodes: Ints) -> pa.Table:
    """Return the positions of the records of some events."""
    types = {"source_id": pa.int32(), "partition": pa.int32(), "offset": pa.int64()}
    rows = graph.rows(POSITION, nodes)
    return pa.table({name: rows.column(name).cast(kind) for name, kind in types.items()})


def values_of(graph: CausalGraph, nodes: Ints, reader: RecordReader) -> list[bytes | None]:
    """Return the value of each event's record, in the order of the events; None where there is none."""
    records = _in_order(graph, nodes, reader)
    values: list[bytes | None] = records.column("value").to_pylist()
    return values


def timed_records(graph: CausalGraph, reader: RecordReader) -> pa.Table:
    """Return ``topic``, ``partition``, ``offset``, ``time_us``, ``key`` and ``value`` of all events."""
    records = _in_order(graph, np.arange(len(graph)), reader)
    time = pa.array(graph.time, mask=graph.time == NO_TIME)
    place = {name: graph.events.column(name) for name in ("topic", "partition", "offset")}
    return pa.table({**place, "time_us": time, "key": records.column("key"), "value": records.column("value")})


def _in_order(graph: CausalGraph, nodes: Ints, reader: RecordReader) -> pa.Table:
    wanted = positions_table(graph, nodes).append_column("row", pa.array(np.arange(len(nodes))))
    found = reader(wanted.select(list(POSITION))).select([*POSITION, "key", "value"])
    # Joined by row numbers: pyarrow joins no tables with long binary columns.
    places = found.select(list(POSITION)).append_column("place", pa.array(np.arange(found.num_rows)))
    joined = wanted.join(places, list(POSITION), join_type="left outer").sort_by("row")
    return found.take(joined.column("place").combine_chunks())
