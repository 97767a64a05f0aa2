"""Where a record goes when nobody said: murmur2 of its key, and in turn without a key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.bus.partitioners import murmur2, murmur2_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_COLUMN_KEYS = 16
"""From so many keys on, a column is faster than one after another."""


class Placement:
    """Chooses partitions as Kafka's clients do, remembering whose turn it is in each topic."""

    def __init__(self) -> None:
        self._turns: dict[str, itertools.count[int]] = {}

    def of_keys(self, topic: str, keys: Sequence[bytes | None], partitions: int) -> list[int]:
        """Choose for some keys of one topic."""
        if len(keys) >= _COLUMN_KEYS:
            return list(map(int, self.of_column(topic, pa.array(keys, pa.binary()), partitions)))
        turn = self._turn(topic)
        return [next(turn) % partitions if key is None else murmur2(key, partitions) for key in keys]

    def of_column(self, topic: str, keys: pa.Array, partitions: int) -> npt.NDArray[np.int32]:
        """Choose for every key of a column."""
        placed = murmur2_column(keys, partitions)
        unkeyed = np.flatnonzero(placed < 0)
        if len(unkeyed):
            first = next(self._turn(topic))
            placed[unkeyed] = (first + np.arange(len(unkeyed))) % partitions
            self._turns[topic] = itertools.count(first + len(unkeyed))
        return placed

    def _turn(self, topic: str) -> itertools.count[int]:
        return self._turns.setdefault(topic, itertools.count())
