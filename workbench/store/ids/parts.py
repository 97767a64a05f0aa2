"""Searches ids in all parts of a snapshot at one moment. A row is one number: its part, and its place in there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.store.ids.entries import MOST_ROWS, keys_of, rows_of
from workbench.store.ids.roles import HASH_BITS, ROW_BITS, IdRole
from workbench.store.ids.search import counts_of_keys, rows_of_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from workbench.store.ids.entries import Numbers
    from workbench.store.ids.search import SortedEntries


@dataclass(frozen=True, slots=True)
class IndexedRows:
    """Rows of the snapshot that one list of entries covers."""

    entries: SortedEntries
    rows: int
    segment_id: int | None = None
    """The segment that they are in; None for rows of the file itself."""
    positions: pa.Table | None = None
    """Source, partition and offset of rows of the file itself."""


class IdParts:
    """Finds rows by ids, and ids by rows."""

    def __init__(self, parts: Sequence[IndexedRows]) -> None:
        self.parts = parts
        self._sorted = [part.entries for part in parts]

    def find(self, keys: Numbers) -> Numbers:
        """Find the rows that have one of the keys, each once."""
        return np.unique(rows_of_keys(self._sorted, keys))

    def count(self, keys: Numbers) -> Numbers:
        """Count the entries of each key."""
        return counts_of_keys(self._sorted, keys)

    def keys(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Return the keys that some rows have: the row and the key of each."""
        owners, keys = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for number, places in self.places(rows):
            entries = self.parts[number].entries.entries_of_rows(places)
            owners.append(rows_of(entries) + number * MOST_ROWS)
            keys.append(keys_of(entries))
        return np.concatenate(owners), np.concatenate(keys)

    def has_role(self, role: IdRole) -> bool:
        """Tell whether any row has an id in a role."""
        return len(self.any_row(role)) > 0

    def any_row(self, role: IdRole) -> Numbers:
        """Return one row that has an id in a role, or none."""
        shift = HASH_BITS + ROW_BITS
        for number, part in enumerate(self._sorted):
            begin, end = part.range_of(role << shift, ((role + 1) << shift) - 1)
            if begin < end:
                return rows_of(part.entries_between(begin, begin + 1)) + number * MOST_ROWS
        return np.zeros(0, dtype=np.int64)

    def places(self, rows: Numbers) -> Iterator[tuple[int, Numbers]]:
        """Divide rows by the part that they are in: its number, and their places in it."""
        of_part = rows // MOST_ROWS
        for number in np.unique(of_part).tolist():
            yield number, rows[of_part == number] % MOST_ROWS
