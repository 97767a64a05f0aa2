"""Tells whether rows are in order, by columns, without sorting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def ascends(*columns: npt.NDArray[Any]) -> bool:
    """Tell whether rows ascend by these columns, the first one first, and none is there twice."""
    if len(columns[0]) < 2:  # noqa: PLR2004 - a pair
        return True
    rising = np.zeros(len(columns[0]) - 1, bool)
    for column in reversed(columns):
        rising = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & rising)
    return bool(rising.all())
