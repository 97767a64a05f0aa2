"""Positions of records as sortable keys, by which tables of records are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

POSITION = ("source_id", "partition", "offset")


def position_keys(table: pa.Table) -> np.ndarray[Any, Any]:
    """Return a key for each row of a table with the columns `POSITION`."""
    keys = np.empty(table.num_rows, dtype=[(name, ">i8") for name in POSITION])
    for name in POSITION:
        keys[name] = table[name].to_numpy()
    return keys.view("S24").ravel()
