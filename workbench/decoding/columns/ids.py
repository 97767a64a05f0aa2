"""Brings whole columns of ids to their canonical spelling, by the rules of `workbench.decoding.ids`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import data_of
from workbench.decoding.ids import canonical_id
from workbench.decoding.native.texts import odd_ids, uuids

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPAN_PATTERN = r"^(?:[0-9a-f]{16}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$"


def canonical_ids(texts: pa.Array) -> pa.Array:
    """Return the canonical spelling of each id; most columns are canonical, which one scan of their bytes shows."""
    if not odd_ids(texts):
        return texts
    lengths = np.diff(data_of(texts)[1])
    suspects = np.flatnonzero((lengths == 36) | (lengths == 38) | (lengths == 45))  # noqa: PLR2004 - UUID spellings
    if not len(suspects):
        return texts
    some = texts.take(pa.array(suspects))
    fixed = pa.array([None if text is None else canonical_id(text) for text in some.to_pylist()], pa.string())
    mask = np.zeros(len(texts), bool)
    mask[suspects] = True
    return pc.replace_with_mask(texts, pa.array(mask), fixed)


def uuid_rows(ids: pa.Array) -> NDArray[np.bool_]:
    """Return which canonical ids readers of UUIDs accept."""
    found: NDArray[np.bool_] = uuids(ids)
    return found
