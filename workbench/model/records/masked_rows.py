"""Finds records of which parts were masked when they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.model.records.columns import MASKED_HEADER

if TYPE_CHECKING:
    from numpy.typing import NDArray


def masked_rows(headers: pa.Array) -> NDArray[np.bool_]:
    """Return which rows of a column of headers have the mark of masking."""
    # Here: captures load this module, and all functions of Arrow would be a tenth of their start.
    import pyarrow.compute as pc

    names = pc.equal(headers.flatten().field("name"), pa.scalar(MASKED_HEADER.encode(), pa.binary()))
    found = np.zeros(len(headers), np.bool_)
    found[pc.list_parent_indices(headers).filter(names).to_numpy(zero_copy_only=False)] = True
    return found
