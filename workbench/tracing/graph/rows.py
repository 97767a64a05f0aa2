"""Reads the input of the graph: decoded records as arrays, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError
from workbench.text import counted
from workbench.tracing.graph.columns import EncodedColumn, flags, one_chunk
from workbench.tracing.graph.positions import repeated_positions
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

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

_TYPES = {
    "value": pa.large_binary(),
    **dict.fromkeys((*TEXT, *LABELS, "environment", "tenant", "principal", "span_kind"), pa.large_string()),
    **dict.fromkeys(("event_time", *TIMES), pa.timestamp("us")),
}

STORED = (*COLUMNS, "trace", "error", "environment", "tenant", "principal", "started", "ended")
"""Columns of a snapshot's events that say anything to a causal graph; raw values are compared besides."""

_LATEST = 2**62
"""Times beyond this (about 146,000 years) cannot be subtracted from each other and count as unknown."""


@dataclass(frozen=True, eq=False)
class Rows:
    """One entry for each record, in the order given."""

    table: pa.Table
    """The events as they were given; `column` reads them."""
    time: Ints
    """Microseconds by the chosen clock, `NO_TIME` where unknown."""
    fell_back: Flags
    """Marks records without an event time that are placed by the record's timestamp instead."""
    source_id: Ints
    partition: Ints
    offset: Ints
    topic: EncodedColumn
    dead_letter: Flags
    """Marks records that name an origin, or lie on a dead-letter topic."""
    replayed: Flags
    clock: Clock

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns that the table has."""
        return frozenset(self.table.column_names)

    @cached_property
    def codes(self) -> dict[str, EncodedColumn]:
        """The text columns that are encoded already."""
        return {"topic": self.topic}

    def encoded(self, name: str) -> EncodedColumn:
        """Return a text column as codes."""
        if name not in self.codes:
            self.codes[name] = EncodedColumn.of(self.raw(name))
        return self.codes[name]

    def record_times(self, rows: Ints) -> Ints:
        """Return microseconds of the own timestamps of some records, `NO_TIME` without one."""
        return _record_times(self.table, rows)

    def column(self, name: str) -> pa.Array:
        """Return one column as one array: text as large_string, times in microseconds."""
        return normal_column(self.table, name)

    def raw(self, name: str) -> pa.Array:
        """Return one column as one array of the type that it has."""
        return one_chunk(self.table.column(name))

    def has(self, name: str) -> bool:
        """Tell whether any record has something in a column that a table may lack."""
        return name in self.names and self.table.column(name).null_count < len(self)

    def stored_positions(self, rows: Ints) -> pa.Array:
        """Return the positions of some rows as node keys hold them: `workbench.text.stored_position` in bulk."""
        texts = [
            self.topic.dictionary.take(pa.array(self.topic.codes[rows])),
            *(pa.array(column[rows]).cast(pa.large_string()) for column in (self.partition, self.offset)),
        ]
        return pc.binary_join_element_wise(*texts, pa.scalar("/", pa.large_string()))


def refuse_other_tables(events: pa.Table, clock: Clock) -> None:
    """Refuse a table that lacks a column, or a clock that there is not.

    Raises:
        TableError: It is so.
    """
    if clock not in ("event", "record"):
        raise TableError(f"There is no clock {clock!r}. Use 'event' or 'record'.")
    present = set(events.column_names)
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise TableError(
            f"The event table lacks {', '.join(missing)}. Pass the decoded events of a snapshot with source_id, "
            "cluster, topic, timestamp_ms and timestamp_type beside them.",
            columns=missing,
        )


def read_rows(events: pa.Table, *, clock: Clock, is_dead_letter: Callable[[str], bool]) -> Rows:
    """Turn the columns that every graph needs into arrays.

    Raises:
        TableError: A column is of another type, or a position occurs twice.
    """
    source_id, partition = (_whole(events, name, pa.int32()) for name in ("source_id", "partition"))
    offset = _whole(events, "offset", pa.int64())
    _refuse_repeated_positions(source_id, partition, offset)
    topic = EncodedColumn.of(one_chunk(events.column("topic")))
    time, fell_back = _times(events, clock)
    return Rows(
        table=events,
        time=time,
        fell_back=fell_back,
        source_id=source_id,
        partition=partition,
        offset=offset,
        topic=topic,
        dead_letter=_dead_letters(events, topic, is_dead_letter),
        replayed=_replayed(events),
        clock=clock,
    )


def _dead_letters(events: pa.Table, topic: EncodedColumn, is_dead_letter: Callable[[str], bool]) -> Flags:
    on_topic = np.array([*(is_dead_letter(name) for name in topic.dictionary.to_pylist()), False], dtype=np.bool_)
    marked: Flags = on_topic[topic.codes] if on_topic.any() else np.zeros(len(events), dtype=np.bool_)
    if events.column("origin").null_count < len(events):
        origin = one_chunk(events.column("origin"))
        marked |= flags(pc.or_(*(pc.is_valid(pc.struct_field(origin, member)) for member in ("topic", "offset"))))
    return marked


def _replayed(events: pa.Table) -> Flags:
    if events.column("replay").null_count == len(events):
        return np.zeros(len(events), dtype=np.bool_)
    replay = normal_column(events, "replay")
    return flags(pc.invert(pc.is_in(replay, value_set=pa.array(["", "{}", "null", None], pa.large_string()))))


def normal_column(events: pa.Table, name: str) -> pa.Array:
    """Return a column of the events as one array: text as large_string, times in microseconds."""
    column = one_chunk(events.column(name))
    kind = _TYPES.get(name)
    return column if kind is None or column.type == kind else column.cast(kind)


def _whole(table: pa.Table, name: str, kind: pa.DataType) -> Ints:
    column = one_chunk(table.column(name))
    if column.null_count:
        raise TableError(f"Column {name} holds nulls; every record has a position.")
    try:
        numbers: Ints = (column if column.type == kind else column.cast(kind)).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise TableError(f"Column {name} holds numbers beyond those of positions: {error}") from error
    return numbers


def _refuse_repeated_positions(source_id: Ints, partition: Ints, offset: Ints) -> None:
    repeated, row = repeated_positions(source_id, partition, offset)
    if repeated:
        first = {"source_id": int(source_id[row]), "partition": int(partition[row]), "offset": int(offset[row])}
        raise TableError(
            f"{counted(repeated, 'row')} repeat a position, the first one {first}. "
            "Pass each record once: copies are recognised by their ids.",
        )


def _record_times(table: pa.Table, rows: Ints | None = None) -> Ints:
    timestamp = _filled(table, "timestamp_ms", pa.int64(), -1)
    timestamp_type = _filled(table, "timestamp_type", None, -1)
    if rows is not None:
        timestamp, timestamp_type = timestamp[rows], timestamp_type[rows]
    limit = _LATEST // 1000
    usable = (timestamp_type >= 0) & (timestamp != -1) & (timestamp > -limit) & (timestamp < limit)
    record: Ints = np.where(usable, timestamp * np.where(usable, 1000, 0), NO_TIME)
    return record


def _filled(table: pa.Table, name: str, kind: pa.DataType | None, absent: int) -> Ints:
    """Return a column of whole numbers, with one for what is absent."""
    column = one_chunk(table.column(name))
    if kind is not None and column.type != kind:
        column = column.cast(kind)
    if kind == pa.timestamp("us"):
        column = column.view(pa.int64())
    numbers: Ints = (column.fill_null(absent) if column.null_count else column).to_numpy(zero_copy_only=False)
    return numbers


def _times(table: pa.Table, clock: Clock) -> tuple[Ints, Flags]:
    fell_back = np.zeros(len(table), dtype=np.bool_)
    if clock == "record":
        return _record_times(table), fell_back
    event = _filled(table, "event_time", pa.timestamp("us"), NO_TIME)
    unknown = np.flatnonzero((event >= _LATEST) | (event <= -_LATEST))
    if len(unknown):
        event = event.copy()
        event[unknown] = record = _record_times(table, unknown)
        fell_back[unknown[record != NO_TIME]] = True
    return event, fell_back
