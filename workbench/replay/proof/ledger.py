"""Looks up the ledger of a run: the outcome of each seq, and the seq at each target position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.replay.records.raw_rows import Longs

NOT_KNOWN = -1
"""Stands for an offset or a time that the broker did not tell."""


@dataclass(frozen=True, slots=True)
class Places:
    """The target partition of each row of a table, as its number in a list of few."""

    numbers: Longs
    names: Sequence[TopicPartition]

    @classmethod
    def of(cls, rows: pa.Table) -> Places:
        """Read the columns ``target_topic`` and ``target_partition``; a missing partition is -1."""
        pairs = pa.table(
            {
                "topic": pc.fill_null(rows["target_topic"], ""),
                "partition": pc.fill_null(rows["target_partition"], -1),
            }
        )
        names = [TopicPartition(**pair) for pair in pairs.group_by(["topic", "partition"]).aggregate([]).to_pylist()]
        numbers = np.empty(rows.num_rows, np.int64)
        for number, at in enumerate(names):
            here = pc.and_(pc.equal(pairs["topic"], at.topic), pc.equal(pairs["partition"], at.partition))
            numbers[here.to_numpy()] = number
        return cls(numbers, names)

    def __getitem__(self, row: int) -> TopicPartition:
        return self.names[int(self.numbers[row])]

    def are(self, rows: Longs, at: TopicPartition) -> NDArray[np.bool_]:
        """Tell which of these rows are for a partition."""
        number = self.names.index(at) if at in self.names else -1
        equal: NDArray[np.bool_] = self.numbers[rows] == number
        return equal


@dataclass(frozen=True)
class LedgerRows:
    """The rows of a ledger by seq, ascending."""

    seqs: Longs
    acked: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    """Rows that were skipped or refused."""
    places: Places
    """Target partition of each row."""
    offsets: Longs
    """`NOT_KNOWN` where the broker did not tell it."""
    times: Longs

    @classmethod
    def of(cls, ledger: pa.Table) -> LedgerRows:
        """Read a ledger with the columns of `workbench.store.journal.LEDGER`."""
        outcome = ledger["outcome"]
        return cls(
            ledger["seq"].to_numpy(),
            pc.equal(outcome, "acked").to_numpy(),
            pc.is_in(outcome, pa.array(["skipped", "refused"])).to_numpy(),
            Places.of(ledger),
            pc.fill_null(ledger["target_offset"], NOT_KNOWN).to_numpy(),
            pc.fill_null(ledger["target_timestamp_ms"], NOT_KNOWN).to_numpy(),
        )

    def rows_of(self, seqs: Longs) -> tuple[Longs, NDArray[np.bool_]]:
        """Return the row of each of these seqs, and whether the ledger has it."""
        return rows_of(self.seqs, seqs)

    def last_offsets(self) -> dict[TopicPartition, int]:
        """Return the highest acknowledged offset of each target partition."""
        last: dict[TopicPartition, int] = {}
        for at, rows in self._by_place.items():
            known = rows[self.offsets[rows] != NOT_KNOWN]
            if len(known):
                last[at] = int(self.offsets[known].max())
        return last

    @cached_property
    def _by_place(self) -> dict[TopicPartition, Longs]:
        """Acknowledged rows of each target partition."""
        rows = np.flatnonzero(self.acked)
        numbers = self.places.numbers[rows]
        return {at: rows[numbers == number] for number, at in enumerate(self.places.names)}

    def seqs_at(self, at: TopicPartition, offsets: Longs) -> tuple[Longs, Longs]:
        """Return which of these offsets of a partition are acknowledged ones, as their indexes, and their seqs."""
        rows = self._by_place.get(at, np.empty(0, np.int64))
        rows = rows[np.argsort(self.offsets[rows], kind="stable")]
        found, known = rows_of(self.offsets[rows], offsets)
        hits = np.flatnonzero(known)
        return hits, self.seqs[rows[found[hits]]]


def rows_of(known: Longs, wanted: Longs) -> tuple[Longs, NDArray[np.bool_]]:
    """Return where each wanted number stands among known ones, which ascend, and whether it is there."""
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    rows = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return rows, known[rows] == wanted
