"""What was captured: sources, captures, and the ranges that make a position unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa

from workbench.model.selection import SelectedSource
from workbench.store.file.layout import GAP, RANGES
from workbench.store.file.types import sql_type
from workbench.store.segments.rows import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from workbench.model.chunk import Gap, Isolation

CaptureState: TypeAlias = Literal["running", "complete", "cancelled", "failed"]
INTERRUPTED = "the capturing process ended before its time"

_NEW_RANGES = pa.schema(
    [
        RANGES.field(name)
        for name in ("capture_id", "source_id", "partition", "from", "next", "end", "isolation", "state")
    ]
)

_RANGES = """
    SELECT capture_id, source_id, cluster_id, cluster, topic, topic_id, "partition", "from", next, "end", gaps, records,
        control, aborted, undecodable, isolation,
        CASE WHEN state <> 'running' OR $interrupted::VARCHAR IS NULL THEN state
            WHEN next >= "end" THEN 'complete' ELSE 'failed' END AS state,
        CASE WHEN state = 'running' AND ("end" IS NULL OR next < "end") THEN $interrupted ELSE reason END AS reason
    FROM capture_ranges JOIN sources USING (source_id)
    ORDER BY topic, source_id, "partition", "from", capture_id
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One incarnation of a topic: a recreated topic is another source."""

    source_id: int
    cluster_id: str
    cluster: str
    topic: str
    topic_id: str | None
    partitions: int


@dataclass(frozen=True, slots=True)
class RangeKey:
    """Names one range: a window of one partition, as one capture began it."""

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
    """Where the window ends; None follows."""
    isolation: Isolation
    state: CaptureState


@dataclass(frozen=True, slots=True)
class RangeUpdate:
    """How far a range got with what is committed now; counts are of the new part."""

    key: RangeKey
    next: int
    records: int = 0
    control: int = 0
    aborted: int = 0
    undecodable: int = 0
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureHead:
    """One act of capturing, as it was asked for."""

    capture_id: str
    topics: str
    start: str
    end: str
    isolation: Isolation
    follow: bool = False
    notes: tuple[str, ...] = ()


def find_sources(cursor: duckdb.DuckDBPyConnection, cluster_id: str, topic: str) -> list[Source]:
    """All incarnations of a topic, oldest first."""
    rows = cursor.execute(
        "SELECT source_id, cluster_id, cluster, topic, topic_id, partitions FROM sources "
        "WHERE cluster_id = ? AND topic = ? ORDER BY source_id",
        [cluster_id, topic],
    ).fetchall()
    return [Source(*row) for row in rows]


def all_sources(cursor: duckdb.DuckDBPyConnection) -> list[Source]:
    """Every source of the snapshot."""
    rows = cursor.execute(
        "SELECT source_id, cluster_id, cluster, topic, topic_id, partitions FROM sources ORDER BY source_id"
    ).fetchall()
    return [Source(*row) for row in rows]


def add_source(
    cursor: duckdb.DuckDBPyConnection,
    *,
    cluster_id: str,
    cluster: str,
    topic: str,
    topic_id: str | None,
    partitions: int,
) -> Source:
    """Enter a new incarnation of a topic."""
    (number,) = cursor.execute("SELECT coalesce(max(source_id), 0) + 1 FROM sources").fetchone() or (1,)
    cursor.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",
        [number, cluster_id, cluster, topic, topic_id, partitions],
    )
    return Source(number, cluster_id, cluster, topic, topic_id, partitions)


def set_partitions(cursor: duckdb.DuckDBPyConnection, source_id: int, partitions: int) -> None:
    """Note that a topic has grown."""
    cursor.execute("UPDATE sources SET partitions = ? WHERE source_id = ?", [partitions, source_id])


def stored_ranges(cursor: duckdb.DuckDBPyConnection, source_id: int) -> list[StoredRange]:
    """All ranges of a source, in offset order per partition."""
    rows = cursor.execute(
        'SELECT capture_id, source_id, "partition", "from", next, "end", isolation, state FROM capture_ranges '
        'WHERE source_id = ? ORDER BY "partition", "from", capture_id',
        [source_id],
    ).fetchall()
    return [StoredRange(RangeKey(*row[:4]), *row[4:]) for row in rows]


def begin(cursor: duckdb.DuckDBPyConnection, head: CaptureHead, ranges: Iterable[StoredRange]) -> None:
    """Enter a capture with its windows; windows of earlier captures that it finishes run again."""
    cursor.execute(
        "INSERT INTO captures VALUES (?, now()::TIMESTAMP, NULL, ?, ?, ?, ?, ?, 'running', NULL, ?::VARCHAR[])",
        [head.capture_id, head.topics, head.start, head.end, head.isolation, head.follow, list(head.notes)],
    )
    windows = list(ranges)
    for window in windows:
        if window.key.capture_id != head.capture_id:
            _set_state(cursor, window.key, "running", None)
    add_ranges(cursor, [window for window in windows if window.key.capture_id == head.capture_id])


def add_ranges(cursor: duckdb.DuckDBPyConnection, ranges: Sequence[StoredRange]) -> None:
    """Enter new windows in bulk."""
    rows = [
        {
            **dict(zip(("capture_id", "source_id", "partition", "from"), _key(window.key), strict=True)),
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
        INSERT INTO capture_ranges
        SELECT capture_id, source_id, "partition", "from", next, "end", [], 0, 0, 0, 0, isolation, state, NULL
        FROM new_ranges
        """
    )
    cursor.unregister("new_ranges")


def advance(cursor: duckdb.DuckDBPyConnection, advances: Iterable[RangeUpdate]) -> None:
    """Move ranges on, in the transaction that stores their rows."""
    for step in advances:
        cursor.execute(
            "UPDATE capture_ranges SET next = ?, records = records + ?, control = control + ?, aborted = aborted + ?, "  # noqa: S608 - a type of ours
            f"undecodable = undecodable + ?, gaps = list_concat(gaps, ?::{sql_type(GAP)}[]) "
            'WHERE capture_id = ? AND source_id = ? AND "partition" = ? AND "from" = ?',
            [
                step.next,
                step.records,
                step.control,
                step.aborted,
                step.undecodable,
                [{"reason": gap.reason, "start": gap.start, "stop": gap.stop} for gap in step.gaps],
                *_key(step.key),
            ],
        )


def end(
    cursor: duckdb.DuckDBPyConnection,
    capture_id: str,
    keys: Sequence[RangeKey],
    state: CaptureState,
    reason: str | None,
    *,
    cut: bool = False,
) -> None:
    """Close a capture and its windows; a window that reached its end is complete whatever became of the rest.

    Args:
        cut: The windows end where they got to: what was left out is not owed (a limit, the end of following).
    """
    cursor.execute(
        "UPDATE captures SET state = ?, reason = ?, finished_at = now()::TIMESTAMP WHERE capture_id = ?",
        [state, reason, capture_id],
    )
    for key in keys:
        done = cursor.execute(f'SELECT next >= "end" FROM capture_ranges {_WHERE}', _key(key)).fetchone()  # noqa: S608 - a constant
        if done is not None and done[0]:
            _set_state(cursor, key, "complete", None)
            continue
        _set_state(cursor, key, state, reason)
        if cut:
            cursor.execute(f'UPDATE capture_ranges SET "end" = next {_WHERE}', _key(key))  # noqa: S608 - a constant


def cut(cursor: duckdb.DuckDBPyConnection, key: RangeKey, reason: str) -> None:
    """Let a window end where it got to."""
    cursor.execute(f'UPDATE capture_ranges SET "end" = next {_WHERE}', _key(key))  # noqa: S608 - a constant
    _set_state(cursor, key, "complete", reason)


def mark_interrupted(cursor: duckdb.DuckDBPyConnection) -> None:
    """Nobody else can have the file open: what still runs was killed, though its windows may have reached their end."""
    cursor.execute("UPDATE captures SET state = 'failed', reason = ? WHERE state = 'running'", [INTERRUPTED])
    cursor.execute("""UPDATE capture_ranges SET state = 'complete' WHERE state = 'running' AND next >= "end" """)
    cursor.execute("UPDATE capture_ranges SET state = 'failed', reason = ? WHERE state = 'running'", [INTERRUPTED])


def recount_undecodable(cursor: duckdb.DuckDBPyConnection) -> None:
    """Count again, after rows were decoded otherwise than by a capture."""
    cursor.execute(
        """
        UPDATE capture_ranges AS r SET undecodable = (
            SELECT count(*) FROM events AS e
            WHERE e.source_id = r.source_id AND e."partition" = r."partition" AND e."offset" >= r."from"
                AND e."offset" < r.next
                AND ((e.convention IS NULL AND NOT e.tombstone) OR list_contains(e.problems, ?))
        )
        """,
        [UNREADABLE],
    )


def ranges_table(cursor: duckdb.DuckDBPyConnection, *, alive: bool) -> pa.Table:
    """The provenance of the snapshot, one row for each range.

    Args:
        alive: A running capture can be one of this process; otherwise what says ``running`` was interrupted.
    """
    values = {"interrupted": None if alive else INTERRUPTED}
    return cursor.sql(_RANGES, params=values).to_arrow_table().cast(RANGES)


def selected_sources(cursor: duckdb.DuckDBPyConnection) -> list[SelectedSource]:
    """How each source was captured, as a replay wants to know it."""
    rows = cursor.execute(
        """
        SELECT source_id, cluster_id, cluster, topic, any_value(isolation), partitions,
            list(DISTINCT "partition") FILTER (control > 0 OR aborted > 0), coalesce(sum(len(gaps)), 0)::INTEGER
        FROM sources JOIN capture_ranges USING (source_id)
        GROUP BY source_id, cluster_id, cluster, topic, partitions ORDER BY source_id
        """
    ).fetchall()
    return [
        SelectedSource(number, cluster_id, cluster, topic, isolation, partitions, frozenset(transactional or ()), gaps)
        for number, cluster_id, cluster, topic, isolation, partitions, transactional, gaps in rows
    ]


_WHERE = 'WHERE capture_id = ? AND source_id = ? AND "partition" = ? AND "from" = ?'


def _key(key: RangeKey) -> list[object]:
    return [key.capture_id, key.source_id, key.partition, key.start]


def _set_state(cursor: duckdb.DuckDBPyConnection, key: RangeKey, state: CaptureState, reason: str | None) -> None:
    cursor.execute(f"UPDATE capture_ranges SET state = ?, reason = ? {_WHERE}", [state, reason, *_key(key)])  # noqa: S608 - a constant
