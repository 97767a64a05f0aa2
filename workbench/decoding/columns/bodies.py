"""Groups the values of a batch by shape: whether they are JSON, and the top-level members that any convention reads.

One strict pass over the bytes finds the members of all values; columns are copied out when somebody asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import data_of, first_bytes, flags, group_ids, runs, valid_rows
from workbench.decoding.conventions.facts import CE_TRACEPARENT
from workbench.decoding.formats.json import ARRAY_PATTERN, CONNECT_WRAPPER, JSON, REGISTRY_PREFIX_BYTES
from workbench.decoding.native import bodies as compiled
from workbench.decoding.native.json import Kind
from workbench.decoding.native.members import WORD_BITS, MemberTable
from workbench.decoding.value_tree import Items
from workbench.model.events.envelope import RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from workbench.decoding.conventions.convention import Convention

Path = tuple[str, ...]
"""Member names from the top."""

ABSENT, NULL, EMPTY, TEXT, BOOLEAN, NUMBER, OBJECT, ARRAY = map(int, Kind)
"""Kinds of JSON values, as plain integers for arrays of them."""
_MAY_BEGIN_JSON = frozenset(b'{["-0123456789tfn \t\n\r\xef')
_BEGINS_WORD = frozenset(b"-0123456789tfn")
"""First bytes of numbers and words: those that the scan refuses are refused by the per-record decoder, too."""
_NO_VALUE, _RAW = range(2)
"""Numbers of the shapes that hold no JSON: tombstones, and values that no format claims."""


class Members:
    """The JSON members that conventions read, and the objects that lead to them.

    Attributes:
        bits: Place of each path in a bit mask. Those at the top come first and fill whole words, so that the set of
            them is a prefix of the mask.
        top_words: How many words that are.
        table: Looks them up.
    """

    def __init__(self, conventions: Iterable[Convention]) -> None:
        paths: set[Path] = {(name,) for name in (*CONNECT_WRAPPER, CE_TRACEPARENT.path)}
        for convention in conventions:
            for selector in convention.selectors():
                if selector.source == "ce":
                    paths.add((selector.path,))
                steps = path_of(selector.steps)
                paths.update(steps[:end] for end in range(1, len(steps) + 1))
        top = sorted(path for path in paths if len(path) == 1)
        self.top_words = -(-len(top) // WORD_BITS)
        nested = sorted(path for path in paths if len(path) > 1)
        self.bits: dict[Path, int] = {path: bit for bit, path in enumerate(top)}
        self.bits |= {path: bit for bit, path in enumerate(nested, self.top_words * WORD_BITS)}
        self.table = MemberTable(self.bits)

    def names(self, mask: NDArray[np.int64]) -> frozenset[str]:
        """Return the names of the members at the top that a mask holds."""
        top = [path for path in self.bits if len(path) == 1]
        return frozenset(
            path[0] for path in top if mask[self.bits[path] // WORD_BITS] >> (self.bits[path] % WORD_BITS) & 1
        )


def path_of(steps: Sequence[str | Items]) -> Path:
    """Return the member names of a path up to its first array step."""
    names: list[str] = []
    for step in steps:
        if isinstance(step, Items):
            break
        names.append(step)
    return tuple(names)


class BodyColumn:
    """Values at one path, for the rows of a shape."""

    def __init__(self, found: compiled.Bodies, bit: int, rows: NDArray[np.int64]) -> None:
        self.kinds: NDArray[np.uint8] = found.kinds(bit, rows)
        self._found = found
        self._bit = bit
        self._rows = rows
        self._texts: pa.Array | None = None

    @property
    def texts(self) -> pa.Array:
        """Texts without quotes and escapes, numbers and words as written; undefined for other rows."""
        if self._texts is None:
            self._texts = self._found.texts(self._bit, self._rows)
        return self._texts


@dataclass(slots=True)
class BodyShape:
    """Rows of a batch whose bodies have the same members at the top, as far as conventions read them."""

    format: str | None
    """``json``, ``raw``, or None for records without a value."""
    members: frozenset[str]
    rows: NDArray[np.int64]
    _known: Members
    _found: compiled.Bodies | None = None
    _scanned: NDArray[np.int64] | None = None
    """Index of each row among the rows that were scanned."""
    _columns: dict[Path, BodyColumn] = field(default_factory=dict)

    def column(self, path: Path) -> BodyColumn | None:
        """Return the values of a member, read once; None where no row can have it."""
        if self._found is None or self._scanned is None or path[0] not in self.members:
            return None
        if path not in self._columns:
            self._columns[path] = BodyColumn(self._found, self._known.bits[path], self._scanned)
        return self._columns[path]


@dataclass(slots=True)
class Bodies:
    """Shapes of a batch's values."""

    shape_of: NDArray[np.int64]
    within: NDArray[np.int64]
    shapes: list[BodyShape]
    """The first is for rows without a value, the second for raw values."""
    exact: NDArray[np.bool_]
    """Rows that only the per-record decoder can be trusted with."""


def find_bodies(values: pa.Array, members: Members) -> Bodies:
    """Find the shapes of a batch's values."""
    count = len(values)
    rows = np.flatnonzero(_may_be_json(values))
    found = compiled.scan(members.table, values, rows)
    groups, examples = group_ids(found.masks[:, : members.top_words])
    names = [members.names(found.masks[at]) for at in examples]
    other = _other_texts(values, rows, found.refused)
    refused = found.refused & ~other
    for number, known in enumerate(names):
        if known == CONNECT_WRAPPER:
            refused |= (groups == number) & (found.members == len(CONNECT_WRAPPER))
    bodies = Bodies(np.zeros(count, np.int64), np.zeros(count, np.int64), [], np.zeros(count, bool))
    bodies.exact[rows[refused]] = True
    bodies.shape_of[:] = np.where(valid_rows(values), _RAW, _NO_VALUE)
    bodies.shape_of[rows] = np.where(other, _RAW, groups + _RAW + 1)
    kinds = [(None, frozenset[str]()), (RAW, frozenset[str]()), *((JSON, known) for known in names)]
    bodies.shapes = [BodyShape(name, known, np.empty(0, np.int64), members) for name, known in kinds]
    for number, mine in runs(bodies.shape_of):
        scanned = None if number <= _RAW else mine if len(rows) == count else np.searchsorted(rows, mine)
        bodies.shapes[number] = BodyShape(*kinds[number], mine, members, found, scanned)
        bodies.within[mine] = np.arange(len(mine))
    return bodies


def _other_texts(values: pa.Array, rows: NDArray[np.int64], refused: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which refused values only began like JSON: words, numbers, and brackets that begin no array."""
    other = np.zeros(len(rows), bool)
    suspects = np.flatnonzero(refused)
    if not len(suspects):
        return other
    some = values.take(pa.array(rows[suspects]))
    firsts = first_bytes(some)
    other[suspects] = np.isin(firsts, list(_BEGINS_WORD))
    brackets = np.flatnonzero(firsts == ord("["))
    if len(brackets):
        arrays = flags(pc.match_substring_regex(some.take(pa.array(brackets)), ARRAY_PATTERN))
        other[suspects[brackets]] = ~arrays
    return other


def _may_be_json(values: pa.Array) -> NDArray[np.bool_]:
    """Return which values may be JSON, by their first byte."""
    firsts = first_bytes(values)
    table = np.zeros(256, bool)
    table[list(_MAY_BEGIN_JSON)] = True
    candidates = table[firsts]
    content, ends = data_of(values)
    framed = np.flatnonzero((firsts == 0) & (np.diff(ends) > REGISTRY_PREFIX_BYTES))
    candidates[framed] = content[ends[framed] + REGISTRY_PREFIX_BYTES] == ord("{")
    return candidates & valid_rows(values)
