"""Arrow columns as numpy arrays: dictionary-encoded text, booleans, one chunk, ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.text_numbers import TextNumbers
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.walks import first_seen

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints


_NO_TEXTS = pa.array([], pa.large_string())


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
        if values.null_count == len(values):
            return cls(np.full(len(values), -1, dtype=np.int32), _NO_TEXTS)
        codes, first = TextNumbers(len(values)).number(values)
        return cls(codes, _large(values.take(pa.array(first))))

    def take(self, rows: Ints) -> EncodedColumn:
        """Return the column of some rows, in their order."""
        codes, old = first_seen(taken(self.codes, rows), len(self.dictionary))
        return EncodedColumn(codes, self.dictionary.take(pa.array(old)))

    def find(self, values: pa.Array) -> Ints:
        """Return the code of each value, -1 where no row has it."""
        known = TextNumbers(len(self.dictionary))
        known.number(self.dictionary)
        codes, _ = known.number(values)
        return np.where(codes < len(self.dictionary), codes, -1)

    def texts(self) -> pa.Array:
        """Return the column itself."""
        return self.dictionary.take(pa.array(self.codes, mask=self.codes < 0))


def _large(texts: pa.Array) -> pa.LargeStringArray:
    return texts if texts.type == _NO_TEXTS.type else texts.cast(_NO_TEXTS.type)


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
    return encoded_rank(EncodedColumn.of(values))


def encoded_rank(column: EncodedColumn) -> Ints:
    """Rank each text of a column among those of its dictionary in code point order; null is least (0)."""
    rank = np.empty(len(column.dictionary) + 1, dtype=np.int32)
    rank[-1] = 0
    rank[pc.sort_indices(column.dictionary).to_numpy()] = np.arange(1, len(rank))
    return taken(rank, column.codes)
