"""Reads the input of the graph: decoded records as arrays, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError
from workbench.text import counted
from workbench.tracing.graph.columns import EncodedColumn, flags, one_chunk
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.tracing.graph.arrays import Flags, Ints

Clock: TypeAlias = Literal["event", "record"]

TEXT = ("cluster", "topic", "event_id", "id_scope", "correlation_id", "cause_state", "root_id")
LABELS = ("event_type", "source", "destination", "replay", "convention", "format")
NUMBERS = ("source_id", "partition", "offset", "timestamp_ms", "timestamp_type")
NESTED = ("event_time", "link_ids", "causes", "origin", "problems")
COLUMNS = (*NUMBERS, *TEXT, *LABELS, *NESTED)
"""Columns that `build_graph` needs; those of `OPTIONAL` are read too if the table has them."""

TIMES = ("started", "ended", "server_started", "server_ended")
OPTIONAL = ("value", "trace", "error", "environment", "tenant", "principal", "span_kind", *TIMES)
"""``started`` and ``ended`` are when an event was handled, or a span ran; with two sides, the server's, too."""

STORED = (*COLUMNS, "trace", "error", "environment", "tenant", "principal", "started", "ended")
"""Columns of a snapshot's events that say anything to a causal graph; raw values are compared besides."""

_LATEST = 2**62
"""Times beyond this (about 146,000 years) cannot be subtracted from each other and count as unknown."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One entry for each record, in the order given."""

    table: pa.Table
    """Columns of `COLUMNS` (text as large_string, one chunk each), and ``value``, ``trace`` where given."""
    time: Ints
    """Microseconds by the chosen clock, `NO_TIME` where unknown."""
    record_time: Ints
    """Microseconds of the record's own timestamp, `NO_TIME` without one."""
    fell_back: Flags
    """Marks records without an event time that are placed by the record's timestamp instead."""
    source_id: Ints
    partition: Ints
    offset: Ints
    cluster: EncodedColumn
    topic: EncodedColumn
    dead_letter: Flags
    """Marks records that name an origin, or lie on a dead-letter topic."""
    replayed: Flags
    clock: Clock

    def __len__(self) -> int:
        return len(self.time)

    def column(self, name: str) -> pa.Array:
        """Return one column of the table as one array."""
        return one_chunk(self.table.column(name))

    def stored_positions(self, rows: Ints) -> pa.Array:
        """Return the positions of some rows as node keys hold them: `workbench.text.stored_position` in bulk."""
        texts = [
            self.topic.dictionary.take(pa.array(self.topic.codes[rows])),
            *(pa.array(column[rows]).cast(pa.large_string()) for column in (self.partition, self.offset)),
        ]
        return pc.binary_join_element_wise(*texts, pa.scalar("/", pa.large_string()))


def read_rows(events: pa.Table, *, clock: Clock, is_dead_letter: Callable[[str], bool]) -> Rows:
    """Check the columns and turn them into arrays.

    Raises:
        TableError: A column is missing or of another type, a position occurs twice, or the clock is unknown.
    """
    if clock not in ("event", "record"):
        raise TableError(f"There is no clock {clock!r}. Use 'event' or 'record'.")
    missing = [name for name in COLUMNS if name not in events.column_names]
    if missing:
        raise TableError(
            f"The event table lacks {', '.join(missing)}. Pass the decoded events of a snapshot with source_id, "
            "cluster, topic, timestamp_ms and timestamp_type beside them.",
            columns=missing,
        )
    table = pa.table({name: _normal(events, name) for name in (*COLUMNS, *_optional(events))})
    numbers = {name: _int64(table, name) for name in ("source_id", "partition", "offset")}
    _refuse_repeated_positions(numbers)
    topic = EncodedColumn.of(one_chunk(table.column("topic")))
    record_time = _record_times(table)
    time, fell_back = _times(table, record_time, clock)
    origin = one_chunk(table.column("origin"))
    has_origin = pc.or_(*(pc.is_valid(pc.struct_field(origin, member)) for member in ("topic", "offset")))
    on_dead_letter_topic = np.array([is_dead_letter(name) for name in topic.dictionary.to_pylist()], dtype=np.bool_)
    replay = table.column("replay")
    return Rows(
        table=table,
        time=time,
        record_time=record_time,
        fell_back=fell_back,
        cluster=EncodedColumn.of(one_chunk(table.column("cluster"))),
        topic=topic,
        dead_letter=flags(has_origin) | on_dead_letter_topic[topic.codes],
        replayed=flags(pc.invert(pc.is_in(replay, value_set=pa.array(["", "{}", "null", None], pa.large_string())))),
        clock=clock,
        **numbers,
    )


def _optional(events: pa.Table) -> Sequence[str]:
    return [
        name
        for name in OPTIONAL
        if name in events.column_names and (name in ("value", "trace") or events.column(name).null_count < len(events))
    ]


def _normal(events: pa.Table, name: str) -> pa.ChunkedArray | pa.Array:
    column = events.column(name)
    if name == "value":
        return column.cast(pa.large_binary())
    if name in TEXT or name in LABELS or name in ("environment", "tenant", "principal", "span_kind"):
        return one_chunk(column.cast(pa.large_string()))
    if name == "event_time" or name in TIMES:
        return one_chunk(column.cast(pa.timestamp("us")))
    return one_chunk(column)


def _int64(table: pa.Table, name: str) -> Ints:
    column = one_chunk(table.column(name))
    if column.null_count:
        raise TableError(f"Column {name} holds nulls; every record has a position.")
    values: Ints = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return values


def _refuse_repeated_positions(numbers: dict[str, Ints]) -> None:
    repeated = pd.DataFrame(numbers).duplicated().to_numpy()
    if repeated.any():
        first = {name: int(column[repeated][0]) for name, column in numbers.items()}
        raise TableError(
            f"{counted(int(repeated.sum()), 'row')} repeat a position, the first one {first}. "
            "Pass each record once: copies are recognised by their ids.",
        )


def _record_times(table: pa.Table) -> Ints:
    timestamp = table.column("timestamp_ms").cast(pa.int64()).fill_null(-1).to_numpy()
    timestamp_type = table.column("timestamp_type").cast(pa.int64()).fill_null(-1).to_numpy()
    limit = _LATEST // 1000
    usable = (timestamp_type >= 0) & (timestamp != -1) & (timestamp > -limit) & (timestamp < limit)
    record: Ints = np.where(usable, timestamp * np.where(usable, 1000, 0), NO_TIME)
    return record


def _times(table: pa.Table, record: Ints, clock: Clock) -> tuple[Ints, Flags]:
    if clock == "record":
        return record, np.zeros(len(record), dtype=np.bool_)
    event_time = one_chunk(table.column("event_time")).cast(pa.int64())
    event = event_time.fill_null(NO_TIME).to_numpy(zero_copy_only=False)
    unknown = np.abs(np.maximum(event, -_LATEST)) >= _LATEST
    return np.where(unknown, record, event), unknown & (record != NO_TIME)
