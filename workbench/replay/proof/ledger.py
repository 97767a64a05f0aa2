"""Looks up the ledger of a run: the outcome of each seq, and the seq at each target position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model import TopicPartition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.replay.records.raw_rows import Longs

NOT_KNOWN = -1
"""Stands for an offset or a time that the broker did not tell."""


@dataclass(frozen=True)
class LedgerRows:
    """The rows of a ledger by seq, ascending."""

    seqs: Longs
    acked: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    """Rows that were skipped or refused."""
    places: NDArray[np.object_]
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
            target_places(ledger),
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
        places = self.places[rows]
        return {at: rows[places == at] for at in set(places.tolist())}

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


def target_places(rows: pa.Table) -> NDArray[np.object_]:
    """Return the target partition of each row of a ledger or selection, one object for each partition."""
    topics = rows["target_topic"].combine_chunks().dictionary_encode()
    topics = topics.combine_chunks() if isinstance(topics, pa.ChunkedArray) else topics
    names = topics.dictionary.to_pylist()
    codes = pc.fill_null(topics.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    partitions = pc.fill_null(rows["target_partition"], -1).to_numpy()
    lanes, inverse = np.unique((codes << 32) + partitions, return_inverse=True)
    places: NDArray[Any] = np.empty(len(lanes), dtype=object)
    for number, lane in enumerate(lanes.tolist()):
        code = lane + (1 << 31) >> 32
        places[number] = TopicPartition(names[code] if code >= 0 else "", lane - (code << 32))
    found: NDArray[np.object_] = places[inverse]
    return found
