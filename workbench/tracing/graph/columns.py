"""Arrow columns as numpy arrays: dictionary-encoded text, booleans, one chunk, ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class EncodedColumn:
    """A dictionary-encoded text column."""

    codes: Ints
    """Index into the dictionary for each row, -1 for null."""
    dictionary: pa.LargeStringArray
    """The distinct texts, in the order of their first row."""

    @classmethod
    def of(cls, values: pa.Array) -> EncodedColumn:
        """Encode a text column."""
        encoded = values.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(codes, encoded.dictionary)

    def find(self, values: pa.Array) -> Ints:
        """Return the code of each value, -1 where no row has it."""
        found = pc.index_in(values, value_set=self.dictionary, skip_nulls=True).fill_null(-1)
        codes: Ints = found.to_numpy(zero_copy_only=False).astype(np.int64)
        return codes


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return the column as one contiguous array."""
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def flags(values: pa.Array | pa.ChunkedArray) -> Flags:
    """Return booleans as a numpy array; null is False."""
    marked: Flags = one_chunk(values).fill_null(False).to_numpy(zero_copy_only=False)
    return marked


def text_rank(values: pa.Array) -> Ints:
    """Rank each text among the distinct ones in code point order; null is least (0)."""
    encoded = values.dictionary_encode()
    rank = np.empty(len(encoded.dictionary) + 1, dtype=np.int64)
    rank[-1] = 0
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(1, len(rank))
    codes: Ints = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rank[codes]
