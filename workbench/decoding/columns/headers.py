"""Groups the headers of a batch by shape: the sequence of those names that conventions or provenance read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import one_array, runs
from workbench.decoding.conventions.dead_letter_headers import TOPIC_NAMES
from workbench.decoding.conventions.facts import CE_MARK, CE_TRACEPARENT
from workbench.decoding.conventions.provenance import PROVENANCE_HEADERS, REPLAY_HEADERS
from workbench.decoding.conventions.record_headers import SPRING_TYPES
from workbench.decoding.conventions.selectors import CE_PREFIX, UNUSUAL_CE_PREFIXES
from workbench.decoding.conventions.trace_context import TRACE_HEADERS
from workbench.decoding.native.headers import sequences, texts_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from workbench.decoding.conventions.convention import Convention

OTHER = "\x00"
"""Stands for a header that nobody reads."""
UNREADABLE = "\x00\x00"
"""Stands for a name that is no UTF-8."""
TRACEPARENT = "traceparent"
CONTENT_TYPE = "content-type"
_MOST_HEADERS = 64
_EXACT_ONLY = PROVENANCE_HEADERS - REPLAY_HEADERS | {SPRING_TYPES}


def names_read(conventions: Iterable[Convention]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the header names that conventions read: exact ones, and those compared without case (in lower case)."""
    exact: set[str] = set()
    folded = {CONTENT_TYPE, *TRACE_HEADERS, *TOPIC_NAMES}
    attributes = {CE_MARK, CE_TRACEPARENT.path}
    for convention in conventions:
        exact |= convention.code.header_names
        for selector in convention.selectors():
            if selector.source == "header":
                exact.add(selector.path)
            elif selector.source == "ce":
                attributes.add(selector.path)
            elif selector.source == "header?":
                folded.add(selector.path.lower())
    exact |= {f"{CE_PREFIX}{name}" for name in attributes}
    folded |= {f"{prefix}{name.lower()}" for prefix in UNUSUAL_CE_PREFIXES for name in attributes}
    return frozenset(exact | _EXACT_ONLY | REPLAY_HEADERS), frozenset(folded)


@dataclass(slots=True)
class HeaderColumn:
    """Values of one header of a shape."""

    texts: pa.Array
    unusable: NDArray[np.bool_]
    """Rows where it is null, empty or no UTF-8: the per-record decoder reads those."""


@dataclass(slots=True)
class HeaderShape:
    """Rows of a batch that have the same names at the same places."""

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    """Place of each row's first header among all values."""
    values: pa.Array
    exact: bool
    """Whether only the per-record decoder can be trusted with such headers."""
    _columns: dict[str, HeaderColumn] = field(default_factory=dict)

    def column(self, name: str) -> HeaderColumn:
        """Return the values of a header, read once."""
        if name not in self._columns:
            self._columns[name] = HeaderColumn(*texts_at(self.values, self.starts + self.names.index(name)))
        return self._columns[name]


def header_shapes(
    headers: pa.Array, exact: frozenset[str], folded: frozenset[str]
) -> tuple[NDArray[np.int64], list[HeaderShape], NDArray[np.int64]]:
    """Find the shapes of a batch: the number of each row's shape, the shapes, and each row's place in its shape."""
    offsets = headers.offsets.to_numpy().astype(np.int64)
    entries = headers.values
    values = one_array(pc.struct_field(entries, "value"))
    numbers, firsts = sequences(headers, one_array(pc.struct_field(entries, "name")))
    spelled = [tuple(header["name"] for header in headers[int(row)].as_py()[: _MOST_HEADERS + 1]) for row in firsts]
    labels = [tuple(_label(name, exact, folded) for name in names) for names in spelled]
    number_of = {names: at for at, names in enumerate(dict.fromkeys(labels))}
    shape_of = np.array([number_of[names] for names in labels] or [0], np.int64)[numbers]
    within = np.zeros(len(headers), np.int64)
    shapes: list[HeaderShape] = []
    known = list(number_of)
    for number, mine in runs(shape_of):
        within[mine] = np.arange(len(mine))
        names = known[number]
        unreadable = UNREADABLE in names or len(names) > _MOST_HEADERS
        shapes.append(HeaderShape(names, offsets[mine], values, unreadable or _needs_exact(names)))
    return shape_of, shapes, within


def _label(name: bytes, exact: frozenset[str], folded: frozenset[str]) -> str:
    """Return the name by which shapes know a header."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return UNREADABLE
    return text if text in exact or text.lower() in folded else OTHER


def _needs_exact(names: tuple[str, ...]) -> bool:
    read = [name for name in names if name != OTHER]
    if len({name.lower() for name in read}) < len(read) or not _EXACT_ONLY.isdisjoint(read):
        return True
    if not TOPIC_NAMES.isdisjoint(name.lower() for name in read):
        return True
    return any(name.lower() in TRACE_HEADERS and name.lower() != TRACEPARENT for name in read)
