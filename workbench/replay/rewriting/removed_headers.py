"""Removes families of headers: those of tracers, of dead letters, of earlier replays, or by name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.replay.dead_letter_marks import is_dead_letter_header
from workbench.replay.replay_mark import X_REPLAY
from workbench.replay.rewriting.trace_context import is_trace_header

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def _is_replay_header(name: bytes) -> bool:
    return name.startswith(X_REPLAY)


FAMILIES: dict[str, Callable[[bytes], bool]] = {
    "trace": is_trace_header,
    "dead_letter": is_dead_letter_header,
    "replay": _is_replay_header,
}
"""Families that have a name; any other entry is the name of a header, with * for any text."""


def without(headers: pa.Array, families: Collection[str]) -> tuple[pa.Array, list[str]]:
    """Return header lists without some families, and the names of the headers that are gone."""
    pairs = headers.flatten()
    names = pairs.field("name")
    distinct = pc.unique(names)
    gone = [name for name in distinct.to_pylist() if any(_belongs(name, family) for family in families)]
    if not gone:
        return headers, []
    kept = pc.invert(pc.is_in(names, pa.array(gone, pa.binary())))
    counts = pc.fill_null(pc.list_value_length(headers), 0).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(headers)), counts)[kept.to_numpy(zero_copy_only=False)]
    ends = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(headers))))).astype(np.int32)
    made = pa.ListArray.from_arrays(pa.array(ends), pairs.filter(kept))
    return made.cast(headers.type), sorted(name.decode("utf-8", "replace") for name in gone)


def _belongs(name: bytes, family: str) -> bool:
    known = FAMILIES.get(family)
    return known(name) if known is not None else fnmatchcase(name.decode("utf-8", "replace"), family)
