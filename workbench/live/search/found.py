"""Keeps the records that a search found, up to a number and a size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.live.search.columns import SEARCHED
from workbench.text import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING = SEARCHED.empty_table()
_STEP_FACTOR = 4
"""A step back is cut to the newest records once it holds this many times what there is room for."""


class FoundRecords:
    """Records as rows of `SEARCHED`: in the order in which they came, or of each step the newest first.

    Args:
        limit: Most records.
        newest_first: Whether records are gathered until the end of a step, and then the newest are kept.
        most_bytes: A search ends when they are larger together.
    """

    def __init__(self, limit: int, *, newest_first: bool, most_bytes: int) -> None:
        self._limit = limit
        self._newest_first = newest_first
        self._most_bytes = most_bytes
        self._kept: list[pa.Table] = []
        self._step: list[pa.Table] = []
        self._step_rows = 0
        self._rows = 0
        self._bytes = 0
        self.dropped = False
        """Whether records matched for which there was no room."""

    @property
    def table(self) -> pa.Table:
        """The records that are kept."""
        return _joined(self._kept)

    @property
    def full(self) -> str:
        """Why no more records are wanted; empty while there is room."""
        if self._rows >= self._limit:
            return f"the limit of {counted(self._limit, 'record')} was reached"
        if self._bytes >= self._most_bytes:
            return f"the records that were found hold {size_text(self._bytes)}; search for less at a time"
        return ""

    def take(self, found: pa.Table) -> tuple[pa.Table, dict[int, int]]:
        """Take the records that a batch of one topic gave.

        Returns:
            Those that are kept now, and for each partition the first offset of those that there was no room for.
        """
        if self._newest_first:
            if found.num_rows:
                self._step.append(found)
                self._step_rows += found.num_rows
                self._bytes += found.nbytes
                room = max(self._limit - self._rows, 1)
                if self._step_rows > _STEP_FACTOR * room:
                    self._cut_step(room)
            return _NOTHING, {}
        room = self._limit - self._rows
        kept, rest = found.slice(0, room), found.slice(room)
        self.dropped |= rest.num_rows > 0
        self._keep(kept)
        return kept, _first_offsets(rest)

    def end_step(self) -> pa.Table:
        """End a step: keep the newest of its records, in order of time, and return them."""
        room = self._limit - self._rows
        self._cut_step(room)
        kept, self._step, self._step_rows = _joined(self._step), [], 0
        self._bytes -= kept.nbytes
        self._keep(kept)
        return kept

    def _keep(self, kept: pa.Table) -> None:
        if kept.num_rows:
            # What is kept is copied, because a slice would keep its whole batch in memory.
            self._kept.append(kept.take(pa.array(np.arange(kept.num_rows))).combine_chunks())
            self._rows += kept.num_rows
            self._bytes += kept.nbytes

    def _cut_step(self, room: int) -> None:
        whole = _joined(self._step)
        order = [("timestamp_ms", "descending"), ("topic", "ascending"), ("partition", "ascending")]
        places = pc.sort_indices(whole, sort_keys=[*order, ("offset", "descending")])
        cut = whole.take(places.slice(0, room))
        self.dropped |= cut.num_rows < whole.num_rows
        self._bytes += cut.nbytes - sum(one.nbytes for one in self._step)
        self._step, self._step_rows = [cut], cut.num_rows


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks() if tables else _NOTHING


def _first_offsets(rows: pa.Table) -> dict[int, int]:
    first: dict[int, int] = {}
    for partition, offset in zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True):
        first[partition] = min(offset, first.get(partition, offset))
    return first
