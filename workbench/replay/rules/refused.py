"""The records that rules refuse, in columns: millions of them are as cheap as few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.text import and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workbench.replay.records.raw_rows import Longs

SHOWN = 3
"""Records that a refusal names."""

NO_SEQS: Longs = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class RefusedRecords:
    """The records that one rule refuses."""

    seqs: Longs
    """Ascending."""
    kinds: Longs
    """One number for each; where it is the same, the reason is."""
    reason: Callable[[int], str]
    """Returns the reason of a seq; only those that are shown are asked for."""

    @classmethod
    def alike(cls, seqs: Longs, reason: str) -> RefusedRecords:
        """Return records that are refused for the same reason."""
        return cls(seqs, np.zeros(len(seqs), np.int64), lambda _: reason)

    @classmethod
    def joined(cls, parts: Sequence[RefusedRecords]) -> RefusedRecords:
        """Return the records of several parts; of one that is in several, the first part tells the reason."""
        seqs, kinds, first = NO_SEQS, NO_SEQS, 0
        for part in parts:
            new = ~np.isin(part.seqs, seqs)
            distinct, codes = np.unique(part.kinds[new], return_inverse=True)
            seqs = np.concatenate([seqs, part.seqs[new]])
            kinds = np.concatenate([kinds, first + codes.reshape(-1)])
            first += len(distinct)
        order = np.argsort(seqs, kind="stable")

        def reason(seq: int) -> str:
            return next(part.reason(seq) for part in parts if seq in part.seqs)

        return cls(seqs[order], kinds[order], reason)

    def text(self) -> str:
        """Name the first records with different reasons, and count the others."""
        kinds, first, counts = np.unique(self.kinds, return_index=True, return_counts=True)
        order = np.argsort(first)[:SHOWN]
        named, told = [], 0
        for kind, at, count in zip(kinds[order].tolist(), first[order].tolist(), counts[order].tolist(), strict=True):
            others = self.seqs[at + 1 :][self.kinds[at + 1 :] == kind][: SHOWN - 1].tolist()
            seq = int(self.seqs[at])
            named.append(f"seq {seq} {self.reason(seq)}{_same_for(others, count)}")
            told += count
        return f"{'; '.join(named)}{and_more(len(self.seqs) - told)}."


def _same_for(seqs: Sequence[int], count: int) -> str:
    if not seqs:
        return ""
    return f", the same for seq {', '.join(map(str, seqs))}{and_more(count - SHOWN)}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The refused records of a plan, and the rules that refuse each."""

    seqs: Longs
    """Ascending."""
    rules: pa.DictionaryArray
    """Numbers of the rules of each, such as ``G-9, G-17``."""

    @classmethod
    def of(cls, refused: Iterable[tuple[str, Longs]]) -> LeftOut:
        """Return the records of several rules, given as number and seqs."""
        rules = list(refused)
        every = np.zeros(max((int(own[-1]) + 1 for _, own in rules if len(own)), default=0), np.int64)
        for bit, (_, own) in enumerate(rules):
            every[own] |= 1 << bit
        seqs = np.flatnonzero(every)
        marks = every[seqs]
        found, codes = np.unique(marks, return_inverse=True)
        texts = [
            ", ".join(number for bit, (number, _) in enumerate(rules) if mark >> bit & 1) for mark in found.tolist()
        ]
        return cls(
            seqs, pa.DictionaryArray.from_arrays(pa.array(codes.reshape(-1), pa.int32()), pa.array(texts, pa.string()))
        )

    def __len__(self) -> int:
        return len(self.seqs)

    def by_seq(self, count: int) -> pa.Array:
        """Return the rules of each of so many records, null where none refuses it."""
        places = np.full(count, -1, np.int64)
        places[self.seqs] = np.arange(len(self.seqs))
        return self.rules.take(pa.array(places, mask=places < 0)).cast(pa.string())


NONE_LEFT_OUT = LeftOut.of(())
