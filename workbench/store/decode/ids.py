"""Canonical ids, whole columns at a time; the rules are those of `workbench.codecs.ids`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.codecs.ids import canonical_id
from workbench.store.decode.arrays import data_of, flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_HEX32_PATTERN = r"^[0-9a-fA-F]{32}$"
SPAN_PATTERN = r"^(?:[0-9a-f]{16}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$"
_UPPER_A, _UPPER_Z, _BRACE = ord("A"), ord("Z"), ord("{")
_COLON = ord(":")


def canonical_ids(texts: pa.Array) -> pa.Array:
    """Canonical spelling of each id; most columns are canonical already, which one scan of their bytes shows."""
    content, ends = data_of(texts)
    used = content[int(ends[0]) : int(ends[-1])]
    if not (((used >= _UPPER_A) & (used <= _UPPER_Z)) | (used == _BRACE) | (used == _COLON)).any():
        return texts
    lengths = np.diff(ends)
    suspects = np.flatnonzero((lengths == 36) | (lengths == 38) | (lengths == 45))  # noqa: PLR2004 - UUID spellings
    if not len(suspects):
        return texts
    some = texts.take(pa.array(suspects))
    fixed = pa.array([None if text is None else canonical_id(text) for text in some.to_pylist()], pa.string())
    mask = np.zeros(len(texts), bool)
    mask[suspects] = True
    return pc.replace_with_mask(texts, pa.array(mask), fixed)


def uuid_rows(ids: pa.Array) -> NDArray[np.bool_]:
    """Which canonical ids readers of UUIDs accept."""
    plain = flags(pc.match_substring_regex(ids, _UUID_PATTERN))
    return plain if plain.all() else plain | flags(pc.match_substring_regex(ids, _HEX32_PATTERN))
