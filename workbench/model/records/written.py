"""Defines the outcome of writing records in columns: states, offsets and times as arrays, and errors by index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Compression: TypeAlias = Literal["none", "gzip", "snappy", "lz4", "zstd"]
"""How the records of a batch are compressed."""

ACKED, FAILED, UNKNOWN = 0, 1, 2
"""States of a written record: acknowledged, certainly not written, and perhaps written."""


@dataclass(frozen=True, slots=True)
class WrittenColumns:
    """The outcome of each record of a column write, in its order."""

    states: NDArray[np.uint8]
    """`ACKED`, `FAILED` or `UNKNOWN`."""
    offsets: NDArray[np.int64]
    """Target offset of an acknowledged record, else -1."""
    timestamps: NDArray[np.int64]
    """Milliseconds that were sent, or the broker's append time if it returned one."""
    errors: dict[int, Exception] = field(default_factory=dict)
    """Error of each record that was not acknowledged, by its index."""

    @classmethod
    def waiting(cls, timestamps: NDArray[np.int64]) -> WrittenColumns:
        """Return outcomes to be filled in: nothing was written yet."""
        count = len(timestamps)
        return cls(np.full(count, FAILED, np.uint8), np.full(count, -1, np.int64), timestamps.copy())

    @classmethod
    def joined(cls, parts: Sequence[WrittenColumns]) -> WrittenColumns:
        """Return the outcomes of one write behind those of the one before it."""
        if len(parts) == 1:
            return parts[0]
        errors: dict[int, Exception] = {}
        first = 0
        for part in parts:
            errors |= {first + index: error for index, error in part.errors.items()}
            first += len(part)
        none = np.empty(0, np.int64)
        return cls(
            np.concatenate([none.astype(np.uint8), *(part.states for part in parts)]),
            np.concatenate([none, *(part.offsets for part in parts)]),
            np.concatenate([none, *(part.timestamps for part in parts)]),
            errors,
        )

    def __len__(self) -> int:
        return len(self.states)

    @property
    def acked(self) -> int:
        """Number of acknowledged records."""
        return int((self.states == ACKED).sum())

    @property
    def first_error(self) -> str | None:
        """The message of the first record that was not acknowledged."""
        return str(self.errors[min(self.errors)]) if self.errors else None
