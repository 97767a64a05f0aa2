"""The table ``captures``: one row for each act of capturing, with its request, its state and its reason to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.store.snapshot.ranges import COMPLETE, INTERRUPTED, RangeEnd, add_ranges, end_ranges, reopen_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from workbench.model.records.chunk import Isolation
    from workbench.store.snapshot.ranges import CaptureState, RangeKey, StoredRange


@dataclass(frozen=True, slots=True)
class CaptureHead:
    """The request of one capture."""

    capture_id: str
    topics: str
    start: str
    end: str
    isolation: Isolation
    follow: bool = False
    notes: tuple[str, ...] = ()


def begin_capture(cursor: duckdb.DuckDBPyConnection, head: CaptureHead, ranges: Iterable[StoredRange]) -> None:
    """Enter a capture with its windows; windows of earlier captures that it finishes are reopened."""
    cursor.execute(
        "INSERT INTO captures VALUES (?, now()::TIMESTAMP, NULL, ?, ?, ?, ?, ?, 'running', NULL, ?::VARCHAR[])",
        [head.capture_id, head.topics, head.start, head.end, head.isolation, head.follow, list(head.notes)],
    )
    windows = list(ranges)
    for window in windows:
        if window.key.capture_id != head.capture_id:
            reopen_range(cursor, window.key)
    add_ranges(cursor, [window for window in windows if window.key.capture_id == head.capture_id])


def add_note(cursor: duckdb.DuckDBPyConnection, capture_id: str, note: str) -> None:
    """Add a remark to a capture that runs."""
    cursor.execute("UPDATE captures SET notes = list_append(notes, ?) WHERE capture_id = ?", [note, capture_id])


def end_capture(
    cursor: duckdb.DuckDBPyConnection,
    capture_id: str,
    keys: Sequence[RangeKey],
    state: CaptureState,
    reason: str | None,
    *,
    following: Sequence[RangeKey] = (),
    lost: Mapping[RangeKey, str] | None = None,
    cut: bool = False,
) -> CaptureState:
    """End a capture and its windows; a window that reached its end is complete, whatever happened to the others.

    Args:
        following: Windows without an end: cancelling is how they are completed, and they end where they got to.
        lost: Windows without an end whose topic is gone, with the reason; they end as failed where they got to.
        cut: The other windows, too, end where they got to, so that no later capture finishes them (a limit).

    Returns:
        ``incomplete`` instead of ``complete`` if offsets of a window could not be read, or a topic is gone.
    """
    followed: CaptureState = "complete" if state == "cancelled" else state
    endings = [RangeEnd(key, followed, reason, cut=True) for key in following]
    endings += [RangeEnd(key, state, reason, cut=cut) for key in keys]
    endings += [RangeEnd(key, "failed", why, cut=True) for key, why in (lost or {}).items()]
    ends = end_ranges(cursor, endings)
    whole = not lost and "incomplete" not in ends
    reached: CaptureState = "incomplete" if state == "complete" and not whole else state
    cursor.execute(
        "UPDATE captures SET state = ?, reason = ?, finished_at = now()::TIMESTAMP WHERE capture_id = ?",
        [reached, reason, capture_id],
    )
    return reached


def mark_interrupted(cursor: duckdb.DuckDBPyConnection) -> None:
    """Mark what still says ``running`` as failed: the file lock proves that the process which ran it has ended."""
    cursor.execute("UPDATE captures SET state = 'failed', reason = ? WHERE state = 'running'", [INTERRUPTED])
    cursor.execute(f"""UPDATE capture_ranges SET state = {COMPLETE} WHERE state = 'running' AND next >= "end" """)  # noqa: S608 - a constant
    cursor.execute("UPDATE capture_ranges SET state = 'failed', reason = ? WHERE state = 'running'", [INTERRUPTED])
