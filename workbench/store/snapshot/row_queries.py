"""Writes the SELECT statements over ``records`` and ``events``, values as bound parameters, and asks the short ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import QueryError, WindowError
from workbench.model.records.columns import DECODED_KEY, DECODED_VALUE, EVENT, RECORD
from workbench.model.selecting.window import Ago, At, End, Offset, Start, parse_bound
from workbench.store.payload.columns import RAW_COLUMNS, TEXT_COLUMNS
from workbench.store.sql.reserved_words import readable_condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from workbench.model.selecting.window import BoundLike

OneOrMore: TypeAlias = "str | Sequence[str] | None"

POSITION = ["source_id", "partition", "offset"]
EVENT_EXTRAS = ("source_id", "cluster_id", "cluster", "topic", "timestamp_ms", "timestamp_type")
RECORD_EXTRAS = ("source_id", "cluster_id", "cluster", "topic")

_READ = tuple(name for name in EVENT.names if name not in (DECODED_VALUE, DECODED_KEY))
_SHOWN = ("topic", "partition", "offset", "timestamp", *_READ[2:], "cluster", "source_id")
_BY_POSITION = 'JOIN picked_positions USING (source_id, "partition", "offset")'
_ORDER = 'ORDER BY source_id, "partition", "offset"'
_RESERVED = "wb_"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The arguments of `SnapshotStore.events`."""

    topic: OneOrMore
    type: OneOrMore
    source: OneOrMore
    correlation_id: OneOrMore
    start: BoundLike | None
    end: BoundLike | None
    where: str | None
    params: Mapping[str, Any]
    limit: int | None
    columns: Sequence[str] | None = None

    def statement(self) -> tuple[str, dict[str, Any]]:
        """Return the query, ordered by time and position, and its parameters."""
        values: dict[str, Any] = dict(self.params)
        if any(name.startswith(_RESERVED) for name in values):
            raise QueryError(f"Parameter names that begin with {_RESERVED} are taken; choose another.")
        conditions = []
        equal = {
            "topic": self.topic,
            "event_type": self.type,
            "source": self.source,
            "correlation_id": self.correlation_id,
        }
        for column, wanted in equal.items():
            if wanted is not None:
                values[f"{_RESERVED}{column}"] = [wanted] if isinstance(wanted, str) else list(wanted)
                conditions.append(f"list_contains(${_RESERVED}{column}::VARCHAR[], {column})")
        for word, comparison, bound in (("start", ">=", self.start), ("end", "<", self.end)):
            if bound is not None and (limit := _limit(bound, word)) is not None:
                column, values[f"{_RESERVED}{word}"] = limit
                conditions.append(f'"{column}" {comparison} ${_RESERVED}{word}')
        if self.where is not None:
            conditions.append(_condition(self.where))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        order = 'ORDER BY timestamp_ms, topic, source_id, "partition", "offset"'
        shown = _list(_SHOWN if self.columns is None else _known(self.columns))
        return f"SELECT {shown} FROM events {where} {order} {_one_more(self.limit)}", values  # noqa: S608 - names of ours; the condition is the user's own


def event_query(where: str | None, *, by_position: bool, with_value: bool, with_decoded: bool) -> str:
    """Write the query of `SnapshotStore.event_table`."""
    read = EVENT.names if with_decoded else _READ
    columns = _list((*read, *EVENT_EXTRAS))
    stored = _list([name for name in (*read, *EVENT_EXTRAS) if name != "cluster_id"])
    rows = f"SELECT {stored} FROM events {_where(where)}"  # noqa: S608 - the condition is the user's own
    picked = _BY_POSITION if by_position else ""
    value = ", value" if with_value else ""
    raw = f"JOIN (SELECT {_list(POSITION)}, value FROM records) USING ({_list(POSITION)})" if with_value else ""  # noqa: S608 - names of ours
    return f"SELECT {columns}{value} FROM ({rows}) JOIN {_CLUSTERS} {picked} {raw} {_ORDER}"  # noqa: S608 - same


def position_query(where: str | None) -> str:
    """Write the query of `SnapshotStore.position_table`."""
    return f"SELECT {_list(POSITION)} FROM events {_where(where)} {_ORDER}"  # noqa: S608 - the condition is the user's own


def named_query(columns: Sequence[str]) -> str:
    """Write the query of the named columns of ``events`` at picked positions, which are among them."""
    return f"SELECT {_list(columns)} FROM events {_BY_POSITION} {_ORDER}"  # noqa: S608 - names of ours


def record_query(where: str | None, *, by_position: bool) -> str:
    """Write the query of `SnapshotStore.record_table`."""
    rows = "records"
    if where is not None:
        matching = f"SELECT {_list(POSITION)} FROM events {_where(where)}"  # noqa: S608 - the condition is the user's own
        rows = f"(SELECT * FROM records SEMI JOIN ({matching}) USING ({_list(POSITION)}))"  # noqa: S608 - same
    columns = _list((*RECORD.names, *RECORD_EXTRAS))
    picked = _BY_POSITION if by_position else ""
    return f"SELECT {columns} FROM {rows} JOIN {_CLUSTERS} {picked} {_ORDER}"  # noqa: S608 - same


def record_count(cursor: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of ``records``, from what is known of each segment."""
    in_segments = "SELECT coalesce(sum(rows), 0)::BIGINT FROM segments"
    row = cursor.execute(f"SELECT ({in_segments}) + (SELECT count(*) FROM packed_records)").fetchone()  # noqa: S608 - a constant
    return 0 if row is None else int(row[0])


_CLUSTERS = "(SELECT source_id, cluster_id FROM sources) USING (source_id)"


def _limit(bound: BoundLike, word: str) -> tuple[str, int] | None:
    parsed = parse_bound(bound)
    if isinstance(parsed, Offset):
        return "offset", parsed.offset
    if isinstance(parsed, At):
        return "timestamp_ms", parsed.timestamp_ms
    if isinstance(parsed, Ago):
        return "timestamp_ms", time.time_ns() // 1_000_000 - parsed.duration_ms
    if (isinstance(parsed, Start) and word == "start") or (isinstance(parsed, End) and word == "end"):
        return None
    raise WindowError(
        f"{word}={bound!r} says nothing about a snapshot. Give a time, a time ago or an offset.", text=str(bound)
    )


def _where(condition: str | None) -> str:
    return "" if condition is None else f"WHERE {_condition(condition)}"


def _condition(text: str) -> str:
    """Put the user's condition in parentheses; the line break ends a comment in it."""
    return f"({readable_condition(text)}\n)"


def _one_more(limit: int | None) -> str:
    if limit is None:
        return ""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise QueryError(f"limit={limit!r} is no number of rows.")
    return f"LIMIT {limit + 1}"


def _known(columns: Sequence[str]) -> Sequence[str]:
    choice = (*_SHOWN, "timestamp_ms", "timestamp_type", *RAW_COLUMNS, *TEXT_COLUMNS)
    unknown = [name for name in columns if name not in choice]
    if unknown or isinstance(columns, str) or not columns:
        what = repr(columns) if isinstance(columns, str) or not columns else ", ".join(map(repr, unknown))
        raise QueryError(f"columns= is a list of columns of events; {what} is none. There are: {', '.join(choice)}.")
    return columns


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
