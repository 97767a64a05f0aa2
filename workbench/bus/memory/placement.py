"""Where a record goes when nobody said: murmur2 of its key, and in turn without a key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from workbench.bus.partitioners import murmur2, murmur2_column

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa


class Placement:
    """Chooses partitions as Kafka's clients do, remembering whose turn it is in each topic."""

    def __init__(self) -> None:
        self._turns: dict[str, itertools.count[int]] = {}

    def of_key(self, topic: str, key: bytes | None, partitions: int) -> int:
        """Choose for one record."""
        return next(self._turn(topic)) % partitions if key is None else murmur2(key, partitions)

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
