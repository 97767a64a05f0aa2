"""Tells which texts occur in a column, by their marks: the column may be larger than the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.buffers.mapped import batches_of
from workbench.buffers.text_marks import text_marks

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Marks = NDArray[np.uint64]
    """Of texts, ascending, without that of null."""


def marks_of(table: pa.Table, name: str) -> Marks:
    """Return the marks of a column of texts; equal ones stand beside each other."""
    marks, first = np.empty(table.num_rows, np.uint64), 0
    for batch in batches_of(table.select([name])):
        marks[first : first + len(batch)] = text_marks(batch.column(0))
        first += len(batch)
    marks.sort()
    return marks[np.searchsorted(marks, 1) :]


def among(texts: pa.Array, marks: Marks) -> NDArray[np.bool_]:
    """Tell of each text whether its mark is one of these; null is not."""
    own = text_marks(texts)
    # What would stand behind the last one is compared with 0, the mark of null, which none of them has.
    hits: NDArray[np.bool_] = (np.append(marks, np.uint64(0))[np.searchsorted(marks, own)] == own) & (own > 0)
    return hits


def distinct(table: pa.Table, name: str) -> int:
    """Count the different texts of a column, null not among them."""
    marks = marks_of(table, name)
    return len(marks[:1]) + int(np.count_nonzero(marks[1:] != marks[:-1]))
