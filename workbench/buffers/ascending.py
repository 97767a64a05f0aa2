"""Tells whether rows are in order, by columns, without sorting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.buffers.mapped import batches_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pyarrow as pa


def ascends(*columns: npt.NDArray[Any]) -> bool:
    """Tell whether rows ascend by these columns, the first one first, and none is there twice."""
    if len(columns[0]) < 2:  # noqa: PLR2004 - a pair
        return True
    rising = np.zeros(len(columns[0]) - 1, bool)
    for column in reversed(columns):
        rising = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & rising)
    return bool(rising.all())


def rows_ascend(table: pa.Table, names: Sequence[str]) -> bool:
    """Tell the same of the rows of a table, by columns of integers without nulls; it is read batch by batch."""
    last = [np.empty(0, np.int64) for _ in names]
    for batch in batches_of(table.select(names)):
        columns = [np.append(end, column.to_numpy()) for end, column in zip(last, batch.columns, strict=True)]
        if not ascends(*columns):
            return False
        last = [column[-1:] for column in columns]
    return True
