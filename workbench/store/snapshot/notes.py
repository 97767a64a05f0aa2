"""Writes what a reader of a snapshot must know besides its counts: remarks of captures, lost offsets, damage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.text import and_more, counted, number_text, partition_text, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from workbench.store.snapshot.store import SnapshotStore

SHOWN = 10
"""Notes of one kind; more are counted."""
_CHARACTERS = 500
_STORED = """
    SELECT note FROM (SELECT started_at, unnest(notes) AS note FROM captures)
    GROUP BY note ORDER BY max(started_at) DESC, note
"""
_DAMAGE = """
    SELECT topic, damage, count(*) AS records FROM events WHERE damage IS NOT NULL
    GROUP BY ALL ORDER BY records DESC, topic, damage
"""


def snapshot_notes(store: SnapshotStore) -> tuple[str, ...]:
    """Write the notes of a snapshot; each may be shown as it is, and their number is bounded.

    Args:
        store: The open snapshot. Its events are only read if some of them are damaged.
    """
    ranges = store.ranges_table().to_pylist()
    with store.cursor() as cursor:
        stored = [visible(note, _CHARACTERS) for (note,) in cursor.execute(_STORED).fetchall()]
        damage = cursor.execute(_DAMAGE).fetchall() if any(row["damaged"] for row in ranges) else []
    return (*_bounded(stored), *_bounded(_lost(ranges)), *_damaged(damage))


def replace_notes(cursor: duckdb.DuckDBPyConnection, notes: Sequence[str], *, ending: str) -> None:
    """Put notes in the place of those of all captures that have the same ending; the newest capture gets them."""
    cursor.execute("UPDATE captures SET notes = [note FOR note IN notes IF NOT ends_with(note, ?)]", [ending])
    cursor.execute(
        "UPDATE captures SET notes = notes || ?::VARCHAR[] WHERE started_at = (SELECT max(started_at) FROM captures)",
        [list(notes)],
    )


def _lost(ranges: Iterable[dict[str, Any]]) -> list[str]:
    """Name the offsets that could not be read, each stretch with its reason."""
    notes = []
    for row in ranges:
        for gap in row["gaps"] or ():
            place = partition_text(visible(row["topic"], 80), row["partition"])
            first, last = number_text(gap["start"]), number_text(gap["stop"] - 1)
            offsets = f"offset {first}" if gap["stop"] == gap["start"] + 1 else f"offsets {first} to {last}"
            notes.append(f"{place}: {offsets} could not be read: {visible(gap['reason'], 200)}")
    return notes


def _damaged(rows: Sequence[tuple[str, str, int]]) -> list[str]:
    if not rows:
        return []
    reasons = [f"{visible(topic, 80)} {number_text(n)} ({visible(why, 120)})" for topic, why, n in rows[:SHOWN]]
    total = sum(n for _, _, n in rows)
    verb = plural(total, "is", "are")
    more = and_more(len(rows) - SHOWN)
    return [
        f"{counted(total, 'record')} {verb} damaged: {'; '.join(reasons)}{more}. See events where damage is not null."
    ]


def _bounded(notes: Sequence[str]) -> list[str]:
    more = len(notes) - SHOWN
    return [*notes[:SHOWN], *([f"{counted(more, 'more note')} like these"] if more > 0 else [])]
