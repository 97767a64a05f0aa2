"""Looks up the ledger of a run: the outcome of each seq, and the seq at each target position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model import TopicPartition

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Delivered:
    """An acknowledged record."""

    at: TopicPartition
    offset: int | None
    """None when the broker did not tell it."""
    timestamp_ms: int | None
    body_sha256: bytes


@dataclass(frozen=True)
class LedgerRows:
    """Acknowledged rows by seq, and the seqs of all other rows by outcome."""

    acked: dict[int, Delivered]
    others: dict[int, str]
    """Outcome of rows that are not acknowledged."""

    @classmethod
    def of(cls, ledger: pa.Table) -> LedgerRows:
        """Read a ledger with the columns of `workbench.store.journal.LEDGER`."""
        acked: dict[int, Delivered] = {}
        others: dict[int, str] = {}
        names = (
            "seq",
            "outcome",
            "target_topic",
            "target_partition",
            "target_offset",
            "target_timestamp_ms",
            "body_sha256",
        )
        for seq, outcome, topic, partition, offset, at_ms, digest in zip(
            *(ledger[name].to_pylist() for name in names),
            strict=True,
        ):
            if outcome == "acked":
                acked[seq] = Delivered(TopicPartition(topic, partition), offset, at_ms, digest)
            else:
                others[seq] = outcome
        return cls(acked, others)

    def last_offsets(self) -> dict[TopicPartition, int]:
        """Return the highest acknowledged offset of each target partition."""
        last: dict[TopicPartition, int] = {}
        for row in self.acked.values():
            if row.offset is not None:
                last[row.at] = max(last.get(row.at, -1), row.offset)
        return last

    def by_position(self) -> dict[tuple[TopicPartition, int], int]:
        """Return the seq at each acknowledged target position."""
        return {(row.at, row.offset): seq for seq, row in self.acked.items() if row.offset is not None}
