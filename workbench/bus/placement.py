"""Partitions of records that name none: murmur2 of the key, and round robin without a key."""

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
"""From so many keys on, hashing them as a column is faster than one after another."""


class Placement:
    """Chooses partitions as the Java client does for keys; keeps a round-robin counter for each topic."""

    def __init__(self) -> None:
        self._counters: dict[str, itertools.count[int]] = {}

    def of_key(self, topic: str, key: bytes | None, partitions: int) -> int:
        """Choose the partition of one record."""
        return next(self._counter(topic)) % partitions if key is None else murmur2(key, partitions)

    def of_keys(self, topic: str, keys: Sequence[bytes | None], partitions: int) -> list[int]:
        """Choose the partitions of several records of one topic."""
        if len(keys) >= _COLUMN_KEYS:
            return list(map(int, self.of_column(topic, pa.array(keys, pa.binary()), partitions)))
        return [self.of_key(topic, key, partitions) for key in keys]

    def of_column(self, topic: str, keys: pa.Array, partitions: int) -> npt.NDArray[np.int32]:
        """Choose the partition of every key of a column."""
        placed = murmur2_column(keys, partitions)
        unkeyed = np.flatnonzero(placed < 0)
        if len(unkeyed):
            first = next(self._counter(topic))
            placed[unkeyed] = (first + np.arange(len(unkeyed))) % partitions
            self._counters[topic] = itertools.count(first + len(unkeyed))
        return placed

    def _counter(self, topic: str) -> itertools.count[int]:
        return self._counters.setdefault(topic, itertools.count())
