"""Writes the index of a segment beside its events file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.ids.entries import MOST_ROWS, entries_of
from workbench.store.ids.id_file import write_ids
from workbench.store.ids.names import ids_name

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from workbench.store.ids.entries import Entries


class IdFileWriter:
    """Collects the ids of a segment's decoded rows, and writes them once its events file is whole.

    The file is not synced: one that did not reach the disk is not used, and costs a look-up in memory.

    Args:
        events: The events file that it belongs to.
    """

    def __init__(self, events: Path) -> None:
        self._path = events.with_name(ids_name(events.name))
        self._entries: list[Entries] = []
        self._rows = 0

    def add(self, events: pa.Table) -> None:
        """Take the next rows."""
        if self._rows + events.num_rows < MOST_ROWS:
            self._entries.append(entries_of(events, self._rows))
        self._rows += events.num_rows

    def finish(self, events_crc32c: int) -> None:
        """Write the file; more rows than an entry can count have none."""
        if self._rows < MOST_ROWS:
            write_ids(self._path, self._entries, self._rows, events_crc32c)
        self._entries.clear()

    def discard(self) -> None:
        """Remove the file; harmless without one."""
        self._entries.clear()
        self._path.unlink(missing_ok=True)
