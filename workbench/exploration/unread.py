"""Names conventions of the user that no event matched, and their selectors that never found anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.model.records.columns import EVENT
from workbench.store.snapshot.notes import replace_notes
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.store import SnapshotStore

_DESCRIBE = "snap.describe() (workbench describe) shows what the records have."
_CHARACTERS = 120


def note_unread(store: SnapshotStore, conventions: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Write the notes of `unread_selectors` into the snapshot, in the place of former ones, and return them."""
    notes = unread_selectors(store, conventions)
    with store.transaction() as cursor:
        replace_notes(cursor, notes, ending=_DESCRIBE)
    return notes


def unread_selectors(store: SnapshotStore, conventions: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Write a note for each convention without an event, and for each of its fields that is null in all its events.

    Args:
        store: The snapshot.
        conventions: Definitions of the user's own conventions by name.
    """
    if not conventions:
        return ()
    fields = dict.fromkeys(name for one in conventions.values() for name in one if name in EVENT.names)
    counts = "".join(f', count("{name}") AS "{name}"' for name in fields)
    found = store.sql_arrow(
        f"SELECT convention, count(*) AS events, count(*) FILTER (len(causes) > 0) AS cause{counts} "  # noqa: S608 - our columns
        "FROM events WHERE list_contains($names, convention) GROUP BY convention",
        {"names": list(conventions)},
    )
    rows = {str(row["convention"]): row for row in found.to_pylist()}
    unmatched = [name for name in conventions if name not in rows]
    notes = [f"No event matches the convention {', '.join(unmatched)}; {_DESCRIBE}"] if unmatched else []
    for name, row in rows.items():
        empty = [
            f"{field} = {visible(str(conventions[name][field]), _CHARACTERS)}"
            for field in ("cause", *fields)
            if field in conventions[name] and row[field] == 0
        ]
        if empty:
            events = counted(row["events"], "event")
            notes.append(f"Convention {name} found nothing in its {events} for {'; '.join(empty)}. {_DESCRIBE}")
    return tuple(notes)
