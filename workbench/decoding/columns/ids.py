"""Brings whole columns of ids to their canonical spelling, by the rules of `workbench.decoding.ids`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import data_of, flags
from workbench.decoding.ids import TRACEPARENT_FORM, canonical_id
from workbench.decoding.native.texts import odd_ids, uuids

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHORTEST_TRACEPARENT = 55
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


def among(ids: pa.Array, texts: frozenset[str]) -> NDArray[np.bool_]:
    """Return which ids are one of some texts; lengths, first and last bytes show at once that most are not."""
    found = np.zeros(len(ids), bool)
    wanted = [text.encode() for text in texts if text]
    lengths, firsts, lasts = np.zeros(max(map(len, wanted)) + 2, bool), np.zeros(256, bool), np.zeros(256, bool)
    lengths[[len(text) for text in wanted]] = True
    firsts[[text[0] for text in wanted]] = True
    lasts[[text[-1] for text in wanted]] = True
    content, ends = data_of(ids)
    sizes = np.minimum(np.diff(ends), len(lengths) - 1)
    suspects = np.flatnonzero(lengths[sizes])
    suspects = suspects[firsts[content[ends[suspects]]] & lasts[content[ends[suspects + 1] - 1]]]
    if len(suspects):
        found[suspects] = flags(pc.is_in(ids.take(pa.array(suspects)), value_set=pa.array(sorted(texts), pa.string())))
    return found


def traceparent_rows(texts: pa.Array) -> NDArray[np.bool_]:
    """Return which texts have the form of a whole W3C trace parent."""
    found = np.zeros(len(texts), bool)
    long = np.flatnonzero(np.diff(data_of(texts)[1]) >= _SHORTEST_TRACEPARENT)
    if len(long):
        pattern = rf"\A(?:{TRACEPARENT_FORM})\z"
        found[long] = flags(pc.match_substring_regex(texts.take(pa.array(long)), pattern))
    return found


def uuid_rows(ids: pa.Array) -> NDArray[np.bool_]:
    """Return which canonical ids readers of UUIDs accept."""
    found: NDArray[np.bool_] = uuids(ids)
    return found
