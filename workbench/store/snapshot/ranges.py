"""The table ``capture_ranges``: the provenance of a snapshot, and what makes a position unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa

from workbench.model.events.value_counts import ValueCounts, value_count_sql
from workbench.store.file.layout import RANGES, in_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from workbench.model.records.chunk import Gap, Isolation

CaptureState: TypeAlias = Literal["running", "complete", "incomplete", "cancelled", "failed"]
INTERRUPTED = "the capturing process ended before its time"
"""Reason of ranges whose process was killed."""

_KEY = pa.schema([RANGES.field(name) for name in ("capture_id", "source_id", "partition", "from")])
_COUNTS = ("records", "control", "aborted", "without_envelope", "raw", "damaged")
_NEW_RANGES = pa.schema([*_KEY, *map(RANGES.field, ("next", "end", "isolation", "state"))])
_UPDATES = pa.schema([*_KEY, *map(RANGES.field, ("next", *_COUNTS, "gaps"))])
_ENDS = pa.schema([*_KEY, ("new_state", pa.string()), ("new_reason", pa.string()), ("cut", pa.bool_())])

MISSING = "list_sum([gap.stop - gap.start FOR gap IN gaps])::BIGINT"
"""SQL: the offsets of a range that could not be read; null without gaps."""
COMPLETE = "CASE WHEN len(gaps) > 0 THEN 'incomplete' ELSE 'complete' END"
"""SQL: the state of a range that reached its end."""
WHAT_IS_MISSING = f"CASE WHEN len(gaps) > 0 THEN {MISSING} || ' offsets could not be read: ' || gaps[1].reason END"
"""SQL: the reason of the state ``incomplete``; null without gaps."""

_RANGES = f"""
    SELECT capture_id, source_id, cluster_id, cluster, topic, topic_id, "partition", "from", next, "end", gaps, records,
        control, aborted, coalesce({MISSING}, 0) AS missing,
        greatest(next - "from" - records - control - aborted - coalesce({MISSING}, 0), 0) AS compacted,
        without_envelope, raw, damaged, isolation,
        CASE WHEN state = 'complete' THEN {COMPLETE}
            WHEN state <> 'running' OR $interrupted::VARCHAR IS NULL THEN state
            WHEN next >= "end" THEN {COMPLETE} ELSE 'failed' END AS state,
        CASE WHEN state = 'running' AND ("end" IS NULL OR next < "end") THEN $interrupted
            ELSE coalesce(reason, {WHAT_IS_MISSING}) END AS reason
    FROM capture_ranges JOIN sources USING (source_id)
    ORDER BY topic, source_id, "partition", "from", capture_id
"""  # noqa: S608 - constants


_NONE = ValueCounts()


@dataclass(frozen=True, slots=True)
class RangeKey:
    """Identifies one range: a window of one partition, as one capture began it."""

    capture_id: str
    source_id: int
    partition: int
    start: int


@dataclass(frozen=True, slots=True)
class StoredRange:
    """A window and how far it got: offsets ``[key.start, next)`` are stored."""

    key: RangeKey
    next: int
    end: int | None
    """End offset of the window, exclusive; None if the capture follows the log."""
    isolation: Isolation
    state: CaptureState


@dataclass(frozen=True, slots=True)
class RangeEnd:
    """How a range ends."""

    key: RangeKey
    state: CaptureState
    reason: str | None
    cut: bool
    """Whether it ends where it got to."""


@dataclass(frozen=True, slots=True)
class RangeUpdate:
    """Progress of a range with the rows that are committed now; counts are of the new rows only."""

    key: RangeKey
    next: int
    records: int = 0
    control: int = 0
    aborted: int = 0
    values: ValueCounts = _NONE
    gaps: tuple[Gap, ...] = ()


def stored_ranges(cursor: duckdb.DuckDBPyConnection, source_id: int) -> list[StoredRange]:
    """Return all ranges of a source, in offset order per partition."""
    rows = cursor.execute(
        'SELECT capture_id, source_id, "partition", "from", next, "end", isolation, state FROM capture_ranges '
        'WHERE source_id = ? ORDER BY "partition", "from", capture_id',
        [source_id],
    ).fetchall()
    return [StoredRange(RangeKey(*row[:4]), *row[4:]) for row in rows]


def add_ranges(cursor: duckdb.DuckDBPyConnection, ranges: Sequence[StoredRange]) -> None:
    """Enter new windows in bulk."""
    rows = [
        {
            **_named(window.key),
            "next": window.next,
            "end": window.end,
            "isolation": window.isolation,
            "state": window.state,
        }
        for window in ranges
    ]
    cursor.register("new_ranges", pa.Table.from_pylist(rows, schema=_NEW_RANGES))
    cursor.execute(
        """
        INSERT INTO capture_ranges BY NAME
        SELECT *, [] AS gaps, 0 AS records, 0 AS control, 0 AS aborted, 0 AS without_envelope, 0 AS raw, 0 AS damaged
        FROM new_ranges
        """
    )
    cursor.unregister("new_ranges")


def update_ranges(cursor: duckdb.DuckDBPyConnection, updates: Iterable[RangeUpdate]) -> None:
    """Move ranges on, each by one update: all in one statement, because each takes milliseconds.

    Call it in the transaction that stores their rows, so that both become durable together.
    """
    rows = [
        {
            **_named(update.key),
            "next": update.next,
            "records": update.records,
            "control": update.control,
            "aborted": update.aborted,
            "without_envelope": update.values.without_envelope,
            "raw": update.values.raw,
            "damaged": update.values.damaged,
            "gaps": [{"reason": gap.reason, "start": gap.start, "stop": gap.stop} for gap in update.gaps],
        }
        for update in updates
    ]
    if not rows:
        return
    cursor.register("range_updates", pa.Table.from_pylist(rows, schema=_UPDATES))
    added = ", ".join(f"{name} = r.{name} + u.{name}" for name in _COUNTS)
    cursor.execute(
        f"UPDATE capture_ranges AS r SET next = u.next, {added}, gaps = list_concat(r.gaps, u.gaps) "  # noqa: S608 - names of ours
        f"FROM range_updates AS u WHERE {_same_range('u')}"
    )
    cursor.unregister("range_updates")


def reopen_range(cursor: duckdb.DuckDBPyConnection, key: RangeKey) -> None:
    """Let a capture go on with an unfinished range."""
    _set_state(cursor, key, "running", None)


def end_ranges(cursor: duckdb.DuckDBPyConnection, endings: Sequence[RangeEnd]) -> list[CaptureState]:
    """End ranges; one that reached its end is complete, whatever is said of it, or incomplete if it has gaps.

    Returns:
        The states that they have now, in any order.
    """
    if not endings:
        return []
    rows = [{**_named(one.key), "new_state": one.state, "new_reason": one.reason, "cut": one.cut} for one in endings]
    cursor.register("range_ends", pa.Table.from_pylist(rows, schema=_ENDS))
    done = 'coalesce(r.next >= r."end", false)'
    ended = cursor.execute(
        f"""UPDATE capture_ranges AS r
        SET "end" = CASE WHEN e.cut AND NOT {done} THEN r.next ELSE r."end" END,
            state = CASE WHEN {done} OR e.new_state = 'complete' THEN {COMPLETE} ELSE e.new_state END,
            reason = CASE WHEN {done} THEN {WHAT_IS_MISSING}
                WHEN e.new_state = 'complete' THEN coalesce({WHAT_IS_MISSING}, e.new_reason) ELSE e.new_reason END
        FROM range_ends AS e WHERE {_same_range("e")}
        RETURNING r.state"""  # noqa: S608 - constants
    ).fetchall()
    cursor.unregister("range_ends")
    return [state for (state,) in ended]


def explain_range(cursor: duckdb.DuckDBPyConnection, key: RangeKey, reason: str) -> None:
    """Say of a complete range why it holds less than the log."""
    _set_state(cursor, key, "complete", reason)


def cut_range(cursor: duckdb.DuckDBPyConnection, key: RangeKey, reason: str) -> None:
    """Complete a range where it got to."""
    _end_at_next(cursor, key)
    _set_state(cursor, key, "complete", reason)


def recount_values(cursor: duckdb.DuckDBPyConnection) -> None:
    """Count values again, after rows were decoded by something other than a capture."""
    counts = ", ".join(f"{sql} AS {name}" for name, sql in value_count_sql("e").items())
    cursor.execute(
        f"""
        UPDATE capture_ranges AS r
        SET without_envelope = c.without_envelope, raw = c.raw, damaged = c.damaged
        FROM (
            SELECT r.rowid AS range_row, {counts}
            FROM capture_ranges AS r LEFT JOIN events AS e ON e.source_id = r.source_id
                AND e."partition" = r."partition" AND e."offset" >= r."from" AND e."offset" < r.next
            GROUP BY r.rowid
        ) AS c
        WHERE c.range_row = r.rowid
        """  # noqa: S608 - names of our own
    )


def ranges_table(cursor: duckdb.DuckDBPyConnection, *, alive: bool) -> pa.Table:
    """Return the provenance of the snapshot, one row for each range.

    Args:
        alive: A running capture can be one of this process; otherwise what says ``running`` was interrupted.
    """
    values = {"interrupted": None if alive else INTERRUPTED}
    return in_layout(cursor.sql(_RANGES, params=values).to_arrow_table(), RANGES)


def captured_offsets(cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return which offsets were captured: ``source_id``, ``partition``, ``from`` and ``next`` of each range.

    Planning the query of `ranges_table` takes a tenth of the time that looking up a flow may take.
    """
    found: pa.Table = cursor.sql('SELECT source_id, "partition", "from", next FROM capture_ranges').to_arrow_table()
    return found


def _named(key: RangeKey) -> dict[str, object]:
    return dict(zip(_KEY.names, _key(key), strict=True))


def _same_range(other: str) -> str:
    return " AND ".join(f'r."{name}" = {other}."{name}"' for name in _KEY.names)


_WHERE = 'WHERE capture_id = ? AND source_id = ? AND "partition" = ? AND "from" = ?'


def _key(key: RangeKey) -> list[object]:
    return [key.capture_id, key.source_id, key.partition, key.start]


def _set_state(
    cursor: duckdb.DuckDBPyConnection, key: RangeKey, state: CaptureState, reason: str | None
) -> CaptureState:
    """Set the state of a range; one that is complete and has gaps is incomplete. Returns the state that it has now."""
    found = cursor.execute(
        f"""UPDATE capture_ranges SET state = CASE WHEN $state = 'complete' THEN {COMPLETE} ELSE $state END,
            reason = CASE WHEN $state = 'complete' THEN coalesce({WHAT_IS_MISSING}, $reason) ELSE $reason END
        WHERE capture_id = $capture AND source_id = $source AND "partition" = $partition AND "from" = $from
        RETURNING state""",  # noqa: S608 - constants
        {"state": state, "reason": reason}
        | dict(zip(("capture", "source", "partition", "from"), _key(key), strict=True)),
    ).fetchall()
    return found[0][0] if found else state


def _end_at_next(cursor: duckdb.DuckDBPyConnection, key: RangeKey) -> None:
    cursor.execute(f'UPDATE capture_ranges SET "end" = next {_WHERE}', _key(key))  # noqa: S608 - a constant
